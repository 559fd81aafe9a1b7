//! Segments.

use reqwest::Method;
use serde_json::{Value, json};

use super::{change, finish, get, host, reported, segment, send, vm};
use crate::support::TestApp;

const GONE: &str = "3a5ce65b-8df5-4e29-9d4d-38fa7270c011";

#[tokio::test]
async fn a_segment_is_created_shown_changed_and_deleted_with_its_hosts() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let id = segment(&admin, "s").await;
    host(&admin, &id, "compute1").await;
    let shown = get(&admin, &format!("/segments/{id}")).await.json()["segment"].clone();
    assert_eq!(
        shown,
        json!({
            "id": shown["id"],
            "uuid": id,
            "name": "s",
            "service_type": "COMPUTE",
            "enabled": true,
            "description": null,
            "recovery_method": "auto",
            "created_at": "2026-11-21T03:20:24.834285",
            "updated_at": null,
            "deleted_at": null,
            "deleted": false,
        })
    );
    let update = json!({ "segment": { "description": "two\nlines", "enabled": "off" } });
    let changed = send(&admin, Method::PUT, &format!("/segments/{id}"), &update)
        .await
        .json();
    assert_eq!(changed["segment"]["description"], "two\nlines");
    assert_eq!(changed["segment"]["enabled"], false);
    assert_eq!(changed["segment"]["name"], "s");
    assert_eq!(changed["segment"]["updated_at"], "2026-11-21T03:20:24.834285");
    assert_eq!(get(&admin, &format!("/segments/{id}")).await.json(), changed);
    let deleted = send(&admin, Method::DELETE, &format!("/segments/{id}"), &Value::Null).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let missing = format!("404 itemNotFound: No failover segment with id {id}.");
    assert_eq!(get(&admin, &format!("/segments/{id}")).await.fault(), missing);
    assert_eq!(
        get(&admin, &format!("/segments/{id}/hosts")).await.fault(),
        missing
    );
    // Its host is gone with it.
    let again = segment(&admin, "s").await;
    host(&admin, &again, "compute1").await;
}

#[tokio::test]
async fn names_are_unique() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let id = segment(&admin, "a").await;
    segment(&admin, "b").await;
    let taken = "409 conflictingRequest: Failover segment with name b already exists.";
    let body = json!({ "segment": { "name": "b", "recovery_method": "auto", "service_type": "x" } });
    assert_eq!(
        send(&admin, Method::POST, "/segments", &body).await.fault(),
        taken
    );
    let body = json!({ "segment": { "name": "b" } });
    assert_eq!(
        send(&admin, Method::PUT, &format!("/segments/{id}"), &body)
            .await
            .fault(),
        taken
    );
    let body = json!({ "segment": { "name": "a" } });
    assert_eq!(
        send(&admin, Method::PUT, &format!("/segments/{id}"), &body)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn nothing_changes_while_a_notification_is_open() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let (id, other) = (segment(&admin, "a").await, segment(&admin, "b").await);
    let host = host(&admin, &id, "compute1").await;
    let made = reported(&admin, &vm("compute1", 1)).await;
    let (segments, hosts) = (format!("/segments/{id}"), format!("/segments/{id}/hosts/{host}"));
    let body = |what: &str| json!({ what: { "name": "new" } });
    let tries = [
        (Method::PUT, &segments, body("segment"), 200),
        (Method::PUT, &hosts, body("host"), 200),
        (Method::DELETE, &hosts, Value::Null, 204),
        (Method::DELETE, &segments, Value::Null, 204),
    ];
    for (method, path, body, _) in &tries {
        let refused = send(&admin, method.clone(), path, body).await;
        assert_eq!(refused.status, 409, "{method} {path}: {}", refused.text);
        assert!(
            refused.fault().ends_with("is in use to process notifications."),
            "{}",
            refused.text
        );
    }
    let listed = get(&admin, &format!("{segments}/hosts")).await.json();
    assert_eq!(listed["hosts"][0]["name"], "compute1");
    let path = format!("/segments/{other}");
    assert_eq!(
        send(&admin, Method::PUT, &path, &json!({ "segment": { "name": "c" } }))
            .await
            .status,
        200
    );
    change(&app, made["notification_uuid"].as_str().unwrap(), finish).await;
    for (method, path, body, status) in &tries {
        let done = send(&admin, method.clone(), path, body).await;
        assert_eq!(done.status, *status, "{method} {path}: {}", done.text);
    }
    assert_eq!(
        get(&admin, "/notifications").await.json()["notifications"][0]["status"],
        "finished"
    );
}

#[tokio::test]
async fn a_bad_body_is_a_400_that_names_the_field() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let new = |field: &str, value: Value| {
        let mut body = json!({ "segment": { "name": "a", "recovery_method": "auto", "service_type": "x" } });
        body["segment"][field] = value;
        body
    };
    for (body, field) in [
        (Value::Null, "the body"),
        (json!({ "segment": {} }), "segment.name"),
        (json!({ "segment": 1 }), "segment"),
        (new("name", " a".into()), "segment.name"),
        (new("name", "\u{202e}".into()), "segment.name"),
        (new("name", "x".repeat(256).into()), "segment.name"),
        (new("recovery_method", "AUTO".into()), "segment.recovery_method"),
        (new("service_type", 1.into()), "segment.service_type"),
        (new("enabled", "maybe".into()), "segment.enabled"),
        (new("description", "\u{0}".into()), "segment.description"),
        (new("uuid", GONE.into()), "segment.uuid"),
    ] {
        let fault = send(&admin, Method::POST, "/segments", &body).await.fault();
        assert!(
            fault.starts_with(&format!("400 badRequest: Invalid input: {field}")),
            "{fault}"
        );
    }
    let path = format!("/segments/{GONE}");
    let none = send(&admin, Method::PUT, &path, &json!({ "segment": {} }))
        .await
        .fault();
    assert!(
        none.contains("segment: must have one of name, description"),
        "{none}"
    );
    let missing = format!("404 itemNotFound: No failover segment with id {GONE}.");
    let changed = send(&admin, Method::PUT, &path, &json!({ "segment": { "name": "b" } })).await;
    assert_eq!(changed.fault(), missing);
    assert_eq!(
        send(&admin, Method::DELETE, &path, &Value::Null).await.fault(),
        missing
    );
}

#[tokio::test]
async fn enabled_is_unknown_before_1_2() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    for (version, status) in [("1.1", 400), ("1.2", 201), ("latest", 409)] {
        let body = json!({ "segment": { "name": "a", "recovery_method": "auto", "service_type": "x",
            "enabled": true } });
        let request = admin.request(Method::POST, "/v1/segments");
        let request = request.header("OpenStack-API-Version", format!("instance-ha {version}"));
        assert_eq!(
            admin.send(request.body(body.to_string())).await.status,
            status,
            "{version}"
        );
    }
}
