//! Paths, microversions, and what clients discover.

use reqwest::Method;
use serde_json::json;

use super::{host, reported, segment, vm};
use crate::support::TestApp;

#[tokio::test]
async fn every_path_leads_to_the_same_list() {
    let app = TestApp::start();
    let admin = app.admin("0a1b");
    let segment = segment(&admin, "s").await;
    host(&admin, &segment, "compute1").await;
    let made = reported(&admin, &vm("compute1", 1)).await;
    let uuid = made["notification_uuid"].as_str().unwrap();
    for base in [
        "/v1",
        "/v1/0a1b",
        "/instance-ha/v1",
        "/instance-ha/v1/0a1b",
        "//instance-ha//v1",
    ] {
        for suffix in ["", ".json", ".xml"] {
            let list = admin.get(&format!("{base}/notifications{suffix}?limit=5")).await;
            assert_eq!(
                list.json()["notifications"],
                json!([made]),
                "{base}{suffix}: {}",
                list.text
            );
            let one = admin.get(&format!("{base}/notifications/{uuid}{suffix}")).await;
            assert_eq!(one.json()["notification"], made);
            let hosts = admin
                .get(&format!("{base}/segments/{segment}/hosts{suffix}"))
                .await;
            assert_eq!(hosts.status, 200, "{}", hosts.text);
        }
    }
    for (path, status) in [
        ("/v1/other/notifications", 400),
        ("/v1/notifications/", 404),
        ("/v1/nothing", 404),
        ("/instance-ha/v3/0a1b/messages", 404),
        ("/instance-ha/healthcheck", 404),
        ("/instance-hav1/notifications", 404),
    ] {
        assert_eq!(admin.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn what_masakari_has_no_operation_for_is_a_405_or_a_404() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for (method, path, status) in [
        (Method::PUT, "/v1/notifications/x", 405),
        (Method::DELETE, "/v1/notifications/x", 405),
        (Method::POST, "/v1/notifications/x/action", 405),
        (Method::GET, "/v1/notifications/new", 405),
        (Method::GET, "/v1/p1/notifications/x/edit", 405),
        (Method::PUT, "/v1/notifications", 404),
        (Method::PATCH, "/v1/notifications/x", 404),
        (Method::DELETE, "/v1/segments", 404),
    ] {
        let answer = admin.send(admin.request(method.clone(), path)).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    let refused = admin
        .send(admin.request(Method::PUT, "/v1/notifications/x"))
        .await;
    assert_eq!(
        refused.fault(),
        "405 badMethod: The request method: 'PUT' with action: 'update' is not allowed on this resource"
    );
}

#[tokio::test]
async fn the_microversion_is_negotiated() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for (asked, status, answered) in [
        (None, 200, "instance-ha 1.0"),
        (Some("instance-ha 1.2"), 200, "instance-ha 1.2"),
        (Some("compute 2.79, instance-ha latest"), 200, "instance-ha 1.3"),
        (Some("compute 2.79"), 200, "instance-ha 1.0"),
        (Some("instance-ha"), 200, "instance-ha 1.0"),
        (Some("1.1"), 200, "instance-ha 1.0"),
        (Some("masakari 1.1"), 200, "instance-ha 1.0"),
        (Some("instance-ha 1.4"), 406, ""),
        (Some("instance-ha 1.01"), 400, ""),
        (Some("instance-ha LATEST"), 400, ""),
    ] {
        let mut request = admin.request(Method::GET, "/v1/notifications");
        if let Some(asked) = asked {
            request = request.header("OpenStack-API-Version", asked);
        }
        let answer = admin.send(request).await;
        let got = (answer.status, answer.header("openstack-api-version"));
        assert_eq!(got, (status, answered), "{asked:?}");
    }
    let request = admin.request(Method::GET, "/v1/notifications");
    let answer = admin
        .send(request.header("OpenStack-API-Version", "instance-ha 2.0"))
        .await;
    assert_eq!(
        answer.fault(),
        "406 masakariFault: Version 2.0 is not supported by the API. Minimum is 1.0 and maximum is 1.3."
    );
    let request = admin.request(Method::GET, "/v1/notifications");
    let own = "application/vnd.openstack.masakari+json";
    let answer = admin.send(request.header("Accept", own)).await;
    assert_eq!(answer.header("content-type"), own);
}

#[tokio::test]
async fn clients_discover_the_version_without_a_token() {
    let app = TestApp::start();
    let anonymous = app.anonymous();
    for (path, link) in [
        ("/v1", "/v1/"),
        ("/v1/", "/v1/"),
        ("/instance-ha/v1", "/instance-ha/v1/"),
        ("/instance-ha/v1/", "/instance-ha/v1/"),
    ] {
        let answer = anonymous.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let version = answer.json()["version"].clone();
        assert_eq!(version["id"], "v1.0");
        assert_eq!(
            (&version["version"], &version["min_version"]),
            (&json!("1.3"), &json!("1.0"))
        );
        assert_eq!(
            version["links"][1],
            json!({ "rel": "self", "href": format!("{}{link}", app.base) })
        );
    }
    for path in ["/instance-ha", "/instance-ha/"] {
        let versions = anonymous.get(path).await.json()["versions"].clone();
        assert_eq!(versions.as_array().unwrap().len(), 1, "{path}");
        assert_eq!(
            versions[0]["links"][1]["href"],
            format!("{}/instance-ha/v1/", app.base)
        );
    }
    let all = anonymous.get("/").await.json()["versions"].clone();
    assert_eq!(all[2]["links"][1]["href"], format!("{}/v1/", app.base));
}
