//! Who may do what.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Listening, call, created, get, post, pull};
use crate::support::Actor;

const EVENT: &str = "01a1fe2c-8a11-7c3e-9f0a-5d2b6c7e8f90";

/// Every operation on one listener, and whether it changes something.
fn operations(id: &str) -> Vec<(Method, String, Value, bool)> {
    let of = |method: Method, below: &str, body: Value| {
        let is_change = method != Method::GET;
        (method, format!("/{id}{below}"), body, is_change)
    };
    vec![
        of(Method::GET, "", json!({})),
        of(Method::PUT, "", json!({ "listener": {} })),
        of(Method::DELETE, "", json!({})),
        of(Method::GET, "/deliveries", json!({})),
        of(Method::GET, &format!("/deliveries/{EVENT}"), json!({})),
        of(Method::POST, &format!("/deliveries/{EVENT}/redeliver"), json!({})),
        of(
            Method::POST,
            &format!("/deliveries/{EVENT}/dismiss"),
            json!({ "reason": "r" }),
        ),
        of(Method::POST, "/redeliver", json!({ "since": "2026-11-21" })),
        of(Method::POST, "/test", json!({})),
        of(Method::POST, "/secret", json!({})),
        of(Method::POST, "/claim", json!({})),
        of(Method::POST, "/settle", json!({ "ids": [EVENT] })),
    ]
}

async fn send(
    actor: &Actor,
    (method, below, body, _): &(Method, String, Value, bool),
) -> crate::support::Answer {
    if *method == Method::GET || below.ends_with("/test") {
        let path = format!("/v3/{}/listeners{below}", actor.project);
        return actor.send(actor.request(method.clone(), &path)).await;
    }
    call(actor, method.clone(), below, body).await
}

/// No operation finds the listener for this caller.
async fn assert_invisible(actor: &Actor, id: &str) {
    for operation in operations(id) {
        let fault = send(actor, &operation).await.fault();
        let want = format!("404 itemNotFound: Listener {id} could not be found.");
        assert_eq!(fault, want, "{} {}", operation.0, operation.1);
    }
    assert_eq!(get(actor, "").await.json()["listeners"], json!([]));
}

#[tokio::test]
async fn a_reader_sees_and_changes_nothing() {
    let server = Listening::start();
    let id = created(&server.app.member("p1"), &pull()).await;
    let reader = server.app.reader("p1");
    for operation in operations(&id) {
        let answer = send(&reader, &operation).await;
        let is_missing = operation.1.ends_with(EVENT);
        let want = match operation.3 {
            true => 403,
            false if is_missing => 404,
            false => 200,
        };
        assert_eq!(
            answer.status, want,
            "{} {}: {}",
            operation.0, operation.1, answer.text
        );
    }
    let refused = post(&reader, "", &json!({ "listener": pull() })).await;
    assert_eq!(
        refused.fault(),
        "403 forbidden: Policy doesn't allow listener:create to be performed."
    );
    assert_eq!(get(&reader, "").await.json()["listeners"][0]["id"], *id);
}

#[tokio::test]
async fn projects_do_not_see_each_others_listeners() {
    let server = Listening::start();
    let id = created(&server.app.member("p1"), &pull()).await;
    let other = server.app.member("p2");
    assert_invisible(&other, &id).await;
    let foreign = other.get(&format!("/v3/p1/listeners/{id}")).await;
    assert_eq!(foreign.fault(), "400 badRequest: Malformed request url");
}

#[tokio::test]
async fn members_subscribe_to_messages_of_their_project_only() {
    let server = Listening::start();
    let (member, admin) = (server.app.member("p1"), server.app.admin("p1"));
    for pattern in ["*", "repo.*", "image.upload"] {
        let mut listener = pull();
        listener["event_types"] = json!(["message.create", pattern]);
        let refused = post(&member, "", &json!({ "listener": listener })).await;
        let want = "403 forbidden: listener.event_types: members may subscribe to message.* only";
        assert!(refused.fault().starts_with(want), "{}", refused.text);
        let id = created(&admin, &listener).await;
        assert_invisible(&member, &id).await;
        call(&admin, Method::DELETE, &format!("/{id}"), &json!({})).await;
    }
    let id = created(&member, &pull()).await;
    let widen = json!({ "listener": { "event_types": ["*"] } });
    let refused = call(&member, Method::PUT, &format!("/{id}"), &widen).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let narrow = json!({ "listener": { "event_types": ["message.delete"] } });
    let changed = call(&member, Method::PUT, &format!("/{id}"), &narrow).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
}

#[tokio::test]
async fn listeners_of_the_cloud_are_for_admins() {
    let server = Listening::start();
    let (member, admin) = (server.app.member("p1"), server.app.admin("p1"));
    let mut listener = pull();
    listener["scope"] = "cloud".into();
    let refused = post(&member, "", &json!({ "listener": listener })).await;
    assert_eq!(
        refused.fault(),
        "403 forbidden: listener.scope: cloud is for administrators"
    );
    listener["event_types"] = json!(["*"]);
    let id = created(&admin, &listener).await;
    assert_invisible(&member, &id).await;
    let shown = get(&server.app.admin("ops"), &format!("/{id}")).await.json();
    assert_eq!(
        (&shown["listener"]["scope"], &shown["listener"]["project_id"]),
        (&json!("cloud"), &Value::Null)
    );
    // Administrators also see what belongs to projects.
    let own = created(&member, &pull()).await;
    let listed = get(&server.app.admin("ops"), "").await.json();
    let ids: Vec<&Value> = listed["listeners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, [&json!(id), &json!(own)]);
}

#[tokio::test]
async fn on_trial_every_caller_is_a_member() {
    let server = Listening::start();
    let anyone = server.app.anonymous();
    let id = created(&anyone, &pull()).await;
    assert_eq!(get(&anyone, &format!("/{id}")).await.status, 200);
    let mut listener = pull();
    listener["event_types"] = json!(["*"]);
    assert_eq!(
        post(&anyone, "", &json!({ "listener": listener })).await.status,
        403
    );
}
