//! The hosts of segments.

use reqwest::Method;
use serde_json::{Value, json};

use super::{get, host, segment, send};
use crate::support::TestApp;

#[tokio::test]
async fn a_host_is_created_shown_changed_and_removed() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let (id, other) = (segment(&admin, "s").await, segment(&admin, "t").await);
    let host = host(&admin, &id, "compute1").await;
    let path = format!("/segments/{id}/hosts/{host}");
    let shown = get(&admin, &path).await.json()["host"].clone();
    assert_eq!(
        shown,
        json!({
            "id": shown["id"],
            "uuid": host,
            "name": "compute1",
            "failover_segment_id": id,
            "failover_segment": get(&admin, &format!("/segments/{id}")).await.json()["segment"],
            "type": "COMPUTE",
            "reserved": false,
            "control_attributes": "SSH",
            "on_maintenance": false,
            "created_at": "2026-11-21T03:20:24.834285",
            "updated_at": null,
            "deleted_at": null,
            "deleted": false,
        })
    );
    let update = json!({ "host": { "reserved": "True", "control_attributes": "TCP", "type": "X9" } });
    let changed = send(&admin, Method::PUT, &path, &update).await.json();
    assert_eq!(changed["host"]["reserved"], true);
    assert_eq!(changed["host"]["type"], "X9");
    assert_eq!(get(&admin, &path).await.json(), changed);
    // It belongs to one segment alone.
    let missing = format!("404 itemNotFound: No host with id {host}.");
    let elsewhere = format!("/segments/{other}/hosts/{host}");
    assert_eq!(get(&admin, &elsewhere).await.fault(), missing);
    assert_eq!(
        send(&admin, Method::DELETE, &elsewhere, &Value::Null)
            .await
            .fault(),
        missing
    );
    assert_eq!(
        send(&admin, Method::PUT, &elsewhere, &update).await.fault(),
        missing
    );
    assert_eq!(
        send(&admin, Method::DELETE, &path, &Value::Null).await.status,
        204
    );
    assert_eq!(get(&admin, &path).await.fault(), missing);
}

#[tokio::test]
async fn a_name_belongs_to_one_host_of_all_segments() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let (one, two) = (segment(&admin, "s").await, segment(&admin, "t").await);
    host(&admin, &one, "compute1").await;
    let id = host(&admin, &two, "compute2").await;
    let taken = "409 conflictingRequest: Host with name compute1 already exists.";
    let body = json!({ "host": { "name": "compute1", "type": "C", "control_attributes": "" } });
    let path = format!("/segments/{two}/hosts");
    assert_eq!(send(&admin, Method::POST, &path, &body).await.fault(), taken);
    let body = json!({ "host": { "name": "compute1" } });
    assert_eq!(
        send(&admin, Method::PUT, &format!("{path}/{id}"), &body)
            .await
            .fault(),
        taken
    );
}

#[tokio::test]
async fn a_bad_body_is_a_400_that_names_the_field() {
    let app = TestApp::start();
    let admin = app.admin("p1");
    let id = segment(&admin, "s").await;
    let path = format!("/segments/{id}/hosts");
    let new = |field: &str, value: Value| {
        let mut body = json!({ "host": { "name": "a", "type": "C", "control_attributes": "SSH" } });
        body["host"][field] = value;
        body
    };
    for (body, field) in [
        (json!({ "host": { "name": "a" } }), "host.type: is required"),
        (new("name", Value::Null), "host.name"),
        (new("type", "a b".into()), "host.type"),
        (new("type", Value::Null), "host.type"),
        (new("control_attributes", 1.into()), "host.control_attributes"),
        (
            new("control_attributes", "x".repeat(4097).into()),
            "host.control_attributes",
        ),
        (new("reserved", 2.into()), "host.reserved"),
        (new("on_maintenance", "?".into()), "host.on_maintenance"),
        (new("failover_segment_id", "x".into()), "host.failover_segment_id"),
    ] {
        let fault = send(&admin, Method::POST, &path, &body).await.fault();
        assert!(
            fault.starts_with(&format!("400 badRequest: Invalid input: {field}")),
            "{fault}"
        );
    }
    let body = new("reserved", true.into());
    let missing = send(&admin, Method::POST, "/segments/x/hosts", &body)
        .await
        .fault();
    assert_eq!(missing, "404 itemNotFound: No failover segment with id x.");
}
