//! Paths, microversions, and what clients discover.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ask, get, share_message};
use crate::support::TestApp;

#[tokio::test]
async fn every_path_leads_to_the_same_list() {
    let app = TestApp::start();
    let own = share_message("0a1b", 0);
    let id = own.id.to_string();
    app.import(&[own]).await;
    let alice = app.member("0a1b");
    for (base, bookmark) in [
        ("/v2", ""),
        ("/v2/0a1b", "/0a1b"),
        ("/share/v2", "/share"),
        ("/share/v2/0a1b", "/share/0a1b"),
    ] {
        for suffix in ["", ".json", ".xml"] {
            let list = alice.get(&format!("{base}/messages{suffix}")).await;
            let one = alice.get(&format!("{base}/messages/{id}{suffix}")).await;
            assert_eq!(
                list.json()["messages"],
                json!([one.json()["message"]]),
                "{base}{suffix}"
            );
            let links = &one.json()["message"]["links"];
            assert_eq!(links[0]["href"], format!("{}{base}/messages/{id}", app.base));
            assert_eq!(links[1]["href"], format!("{}{bookmark}/messages/{id}", app.base));
        }
    }
    for (method, path) in [
        (Method::POST, "/v2/0a1b/messages"),
        (Method::PUT, "/v2/messages/x"),
        (Method::GET, "/v2/0a1b/shares"),
        (Method::GET, "/v2/0a1b/messages/-/read"),
        (Method::GET, "/share/v3/0a1b/messages"),
        (Method::GET, "/share/healthcheck"),
        (Method::GET, "/sharev2/messages"),
    ] {
        let answer = alice.send(alice.request(method.clone(), path)).await;
        assert_eq!(
            answer.fault(),
            "404 itemNotFound: The resource could not be found.",
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_microversion_is_negotiated() {
    let app = TestApp::start();
    let alice = app.member("p1");
    for (asked, answered) in [
        ("2.37", "200 2.37"),
        ("2.99", "200 2.99"),
        ("latest", "200 2.99"),
        ("2.36", "404 2.36"),
        ("2.0", "404 2.0"),
        ("2.100", "406 2.100"),
        ("1.0", "406 1.0"),
        ("3.5", "406 3.5"),
        ("x", "400 "),
        ("2.037", "400 "),
        ("", "400 "),
    ] {
        let answer = ask(&alice, Method::GET, asked, "/p1/messages").await;
        let echo = answer.header("x-openstack-manila-api-version");
        assert_eq!(format!("{} {echo}", answer.status), answered, "{asked}");
        assert_eq!(answer.header("openstack-api-version"), "", "{asked}");
    }
    let refused = ask(&alice, Method::GET, "2.100", "/p1/messages").await;
    assert_eq!(
        refused.fault(),
        "406 computeFault: Version 2.100 is not supported by the API. Minimum is 2.0 and maximum is 2.99."
    );
    // The header that clients send along means nothing.
    for other in ["shared-file-system 9.9", "shared-file-system", "volume 3.71", "x"] {
        let request = alice.request(Method::GET, "/v2/p1/messages");
        let answer = alice.send(request.header("OpenStack-API-Version", other)).await;
        assert_eq!(answer.status, 200, "{other}");
        assert_eq!(answer.header("x-openstack-manila-api-version"), "2.37");
    }
    let vary = get(&alice, "/p1/messages").await;
    let vary = vary.header("vary").to_owned();
    assert_eq!(vary, "X-OpenStack-Manila-API-Version, Accept, Accept-Language");
    let strict = TestApp::with(|config| config.api.strict_microversions = true);
    assert_eq!(strict.member("p1").get("/v2/p1/messages").await.status, 404);
}

#[tokio::test]
async fn clients_discover_the_version_without_a_token() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    let ids = |answer: &Value| -> Vec<String> {
        let versions = answer["versions"].as_array().unwrap().iter();
        versions
            .map(|version| version["id"].as_str().unwrap().to_owned())
            .collect()
    };
    for (path, status, link) in [
        ("/v2", 200, "/v2/"),
        ("/v2/", 200, "/v2/"),
        ("/share/v2", 200, "/share/v2/"),
        ("/share/v2/", 200, "/share/v2/"),
        ("/share", 300, "/share/v2/"),
        ("/share/", 300, "/share/v2/"),
    ] {
        let answer = anonymous.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(ids(&answer.json()), ["v2.0"], "{path}");
        let version = &answer.json()["versions"][0];
        assert_eq!(
            (&version["version"], &version["min_version"]),
            (&json!("2.99"), &json!("2.0"))
        );
        assert_eq!(
            version["links"][1],
            json!({ "rel": "self", "href": format!("{}{link}", app.base) })
        );
        let spoken = if status == 200 { "2.0" } else { "" };
        assert_eq!(answer.header("x-openstack-manila-api-version"), spoken, "{path}");
    }
    // Manila's clients take the first entry of the shared document; at the root Manila reads no microversion.
    let request = anonymous.request(Method::GET, "/");
    let root = anonymous
        .send(request.header("X-OpenStack-Manila-API-Version", "9.9"))
        .await;
    assert_eq!(ids(&root.json()), ["v2.0", "v3.0", "v1.0"]);
    assert_eq!(
        (root.status, root.header("openstack-api-version")),
        (300, "volume 3.0")
    );
    assert_eq!(root.header("x-openstack-manila-api-version"), "");
}
