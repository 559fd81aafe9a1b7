//! A listener whose key was lost can still be looked at and deleted.

use reqwest::Method;
use serde_json::json;

use super::{Listening, call, created, delivery, get, http, post};

#[tokio::test]
async fn a_listener_whose_key_was_lost_says_so_and_can_be_deleted() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = http("https://example.org/a");
    listener["notifier_config"]["username"] = "u".into();
    listener["notifier_config"]["password"] = "hunter2".into();
    listener["name"] = "mine".into();
    let id = created(&member, &listener).await;
    server.record("p1").await;
    let event = delivery(&member, &id, "waiting").await["event_id"].clone();
    let digits = "00".repeat(64);
    let garbage = server.app.database.bytes(&digits);
    server
        .app
        .database
        .execute(&format!("UPDATE listeners SET secrets = {garbage}"));
    let problem =
        format!("the secrets of listener {id} cannot be decrypted with any key of [secrets] key_file");
    let shown = get(&member, &format!("/{id}")).await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    let shown = shown.json()["listener"].clone();
    assert_eq!(shown["problem"], *problem);
    assert_eq!(
        (&shown["name"], &shown["enabled"]),
        (&json!("mine"), &json!(true))
    );
    let config = json!({ "url": "https://example.org/a", "username": "u" });
    assert_eq!(shown["notifier_config"], config);
    let listed = get(&member, "").await.json();
    assert_eq!(listed["listeners"], json!([shown]));
    let path = format!("/{id}/deliveries/{}", event.as_str().unwrap());
    for below in [format!("/{id}/deliveries"), path] {
        assert_eq!(get(&member, &below).await.status, 200);
    }
    let other = server.app.member("p2");
    assert_eq!(get(&other, &format!("/{id}")).await.status, 404);
    // Nothing else works without the key, unless the secrets are given again.
    let change = json!({ "listener": { "description": "d" } });
    let refused = call(&member, Method::PUT, &format!("/{id}"), &change).await;
    assert_eq!(refused.fault(), format!("409 conflictingRequest: {problem}"));
    let deleted = call(&member, Method::DELETE, &format!("/{id}"), &json!({})).await;
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    assert_eq!(
        post(&member, "", &json!({ "listener": listener })).await.status,
        201
    );
}

#[tokio::test]
async fn new_secrets_repair_a_listener_whose_key_was_lost() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = http("https://example.org/a");
    listener["notifier_config"]["username"] = "u".into();
    listener["notifier_config"]["password"] = "hunter2".into();
    listener["notifier_config"]["headers"] = json!({ "x-key": "hidden" });
    let id = created(&member, &listener).await;
    let garbage = server.app.database.bytes(&"00".repeat(64));
    server
        .app
        .database
        .execute(&format!("UPDATE listeners SET secrets = {garbage}"));
    let put = async |config: serde_json::Value| {
        let change = json!({ "listener": { "notifier_config": config } });
        call(&member, Method::PUT, &format!("/{id}"), &change).await
    };
    // A mask stands for what is lost.
    for kept in [
        json!({ "password": "*****" }),
        json!({ "password": "hunter3", "headers": { "x-key": "*****" } }),
        json!({ "url": "https://example.org/b" }),
    ] {
        let refused = put(kept.clone()).await;
        assert_eq!(refused.status, 409, "{kept}: {}", refused.text);
    }
    let refused = put(json!({ "headers": { "x-key": "other" } })).await;
    assert_eq!(
        refused.fault(),
        "400 badRequest: listener.notifier_config.password: is required"
    );
    let repaired = put(json!({ "password": "hunter3" })).await;
    assert_eq!(repaired.status, 200, "{}", repaired.text);
    let shown = get(&member, &format!("/{id}")).await.json()["listener"].clone();
    assert_eq!(shown.get("problem"), None, "{shown}");
    let config = json!({ "url": "https://example.org/a", "username": "u", "password": "*****" });
    assert_eq!(
        shown["notifier_config"], config,
        "what was not given again is gone"
    );
    assert_eq!(
        put(json!({ "password": null, "username": null })).await.status,
        200
    );
}
