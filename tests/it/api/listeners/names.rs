//! Names, which make creation repeatable.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Listening, created, get, http, post, pull, receiver};
use crate::support::until;

#[tokio::test]
async fn a_name_that_is_taken_does_not_reveal_a_listener() {
    let server = Listening::start();
    let (member, admin) = (server.app.member("p1"), server.app.admin("p1"));
    let mut hidden = pull();
    hidden["event_types"] = json!(["*"]);
    hidden["name"] = "mine".into();
    let of_operators = created(&admin, &hidden).await;
    let mut own = pull();
    own["name"] = "mine".into();
    let of_member = created(&member, &own).await;
    assert_ne!(of_operators, of_member);
    // Each may be repeated.
    for (actor, listener, id) in [(&admin, &hidden, &of_operators), (&member, &own, &of_member)] {
        let again = post(actor, "", &json!({ "listener": listener })).await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert_eq!(again.json()["listener"]["id"], **id);
    }
    // Administrators see both.
    let listed = get(&admin, "?name=mine").await.json();
    assert_eq!(listed["listeners"].as_array().unwrap().len(), 2);
    // What becomes hidden must have a name that is free there.
    let widen = json!({ "listener": { "event_types": ["*"] } });
    let refused = super::call(&admin, reqwest::Method::PUT, &format!("/{of_member}"), &widen).await;
    assert_eq!(
        refused.fault(),
        "409 conflictingRequest: another listener of the project is named \"mine\""
    );
}

#[tokio::test]
async fn creation_may_be_repeated_after_the_service_has_disabled_a_listener() {
    let server = Listening::start();
    server.deliver();
    let (member, receiver) = (server.app.member("p1"), receiver());
    receiver.state().status = 410;
    let mut listener = http(&receiver.url());
    listener["name"] = "mine".into();
    let id = created(&member, &listener).await;
    server.record("p1").await;
    let shown = async || get(&member, &format!("/{id}")).await.json()["listener"].clone();
    until("it is disabled", async || {
        shown().await["enabled"] == json!(false)
    })
    .await;
    server.app.clock.advance(Duration::from_secs(1));
    let again = post(&member, "", &json!({ "listener": listener })).await;
    assert_eq!(again.status, 200, "{}", again.text);
    let again: Value = again.json()["listener"].clone();
    assert_eq!((&again["id"], &again["enabled"]), (&json!(id), &json!(false)));
    // What the client itself disables differs from what it asks for.
    let off = json!({ "listener": { "enabled": true } });
    super::call(&member, reqwest::Method::PUT, &format!("/{id}"), &off).await;
    let off = json!({ "listener": { "enabled": false } });
    super::call(&member, reqwest::Method::PUT, &format!("/{id}"), &off).await;
    let refused = post(&member, "", &json!({ "listener": listener })).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
}

#[tokio::test]
async fn a_url_is_stored_as_it_is_called() {
    let server = Listening::start();
    let member = server.app.member("p1");
    let mut listener = http("HTTPS://Example.ORG:443/a/../b");
    listener["name"] = "mine".into();
    let id = created(&member, &listener).await;
    let shown = get(&member, &format!("/{id}")).await.json();
    let url = &shown["listener"]["notifier_config"]["url"];
    assert_eq!(*url, "https://example.org/b");
    listener["notifier_config"]["url"] = url.clone();
    let again = post(&member, "", &json!({ "listener": listener })).await;
    assert_eq!(again.status, 200, "{}", again.text);
}
