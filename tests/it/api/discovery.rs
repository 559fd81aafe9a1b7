//! The requests that clients make first.

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn the_versions_are_told_without_a_token() {
    let app = TestApp::start();
    let anyone = app.anonymous();
    let root = anyone.get("/").await;
    assert_eq!(
        (root.status, root.header("openstack-api-version")),
        (300, "volume 3.0")
    );
    let expected = json!({ "versions": [{
        "id": "v2.0",
        "status": "CURRENT",
        "version": "2.99",
        "min_version": "2.0",
        "updated": "2015-08-27T11:33:21Z",
        "links": [
            { "rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/" },
            { "rel": "self", "href": format!("{}/v2/", app.base) },
        ],
        "media-types": [{ "base": "application/json", "type": "application/vnd.openstack.share+json;version=1" }],
    }, {
        "id": "v3.0",
        "status": "CURRENT",
        "version": "3.71",
        "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            { "rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/" },
            { "rel": "self", "href": format!("{}/v3/", app.base) },
        ],
        "media-types": [{ "base": "application/json", "type": "application/vnd.openstack.volume+json;version=3" }],
    }, {
        "id": "v1.0",
        "status": "CURRENT",
        "version": "1.3",
        "min_version": "1.0",
        "updated": "2016-07-01T11:33:21Z",
        "links": [
            { "rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/" },
            { "rel": "self", "href": format!("{}/v1/", app.base) },
        ],
        "media-types": [{ "base": "application/json", "type": "application/vnd.openstack.masakari+json;version=1" }],
    }]});
    assert_eq!(root.json(), expected);
    let v3 = anyone.get("/v3/").await;
    assert_eq!((v3.status, v3.json()), (200, expected));
    assert_eq!(anyone.get_in("9.9", "/").await.status, 406);
    for method in [Method::HEAD, Method::PUT, Method::POST, Method::DELETE] {
        // A body is ignored.
        let status = async |path| {
            anyone
                .send(anyone.request(method.clone(), path).body("{"))
                .await
                .status
        };
        assert_eq!((status("/").await, status("/v3/").await), (300, 200), "{method}");
        let answer = anyone.send(anyone.request(method.clone(), "/v3/")).await;
        assert_eq!(answer.text.is_empty(), method == Method::HEAD, "{method}");
        assert_eq!(answer.header("openstack-api-version"), "volume 3.0", "{method}");
    }
}

#[tokio::test]
async fn links_lead_where_the_configuration_says() {
    let app = TestApp::with_options(&[("OS_API__PUBLIC_ENDPOINT", "https://pub.example.com:8443/volume")]);
    let request = app
        .anonymous()
        .request(Method::GET, "/")
        .header("X-Forwarded-Host", "evil.example");
    let versions = app.anonymous().send(request).await.json();
    assert_eq!(
        versions["versions"][1]["links"][1]["href"],
        "https://pub.example.com:8443/volume/v3/"
    );
}

#[tokio::test]
async fn forwarded_headers_count_only_from_a_trusted_proxy() {
    let link = async |app: &TestApp| {
        let anyone = app.anonymous();
        let request = anyone
            .request(Method::GET, "/")
            .header("X-Forwarded-Host", "a.example, cloud.example");
        let answer = anyone.send(request.header("X-Forwarded-Proto", "https")).await;
        answer.json()["versions"][1]["links"][1]["href"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let app = TestApp::start();
    assert_eq!(link(&app).await, format!("{}/v3/", app.base));
    let app = TestApp::with_options(&[("OS_API__TRUSTED_PROXIES", "127.0.0.0/8")]);
    assert_eq!(link(&app).await, "https://cloud.example/v3/");
}

#[tokio::test]
async fn the_filters_are_listed_from_3_33_on() {
    let app = TestApp::start();
    let alice = app.member("p1");
    let path = "/v3/p1/resource_filters?resource=message";
    assert_eq!(alice.get(path).await.status, 404);
    let filters = alice.get_in("3.33", path).await.json();
    let names = [
        "resource_uuid",
        "resource_type",
        "event_id",
        "request_id",
        "message_level",
    ];
    assert_eq!(
        filters,
        json!({ "resource_filters": [{ "resource": "message", "filters": names }] })
    );
    let none = alice
        .get_in("3.33", "/v3/p1/resource_filters?resource=volume")
        .await
        .json();
    assert_eq!(none, json!({ "resource_filters": [] }));
}
