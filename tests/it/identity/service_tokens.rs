//! Requests that a service forwards for a user, with a token of its own.

use reqwest::Method;
use serde_json::json;

use crate::support::keystone::{FakeKeystone, token};
use crate::support::{Actor, TestApp};

fn keystone() -> FakeKeystone {
    let keystone = FakeKeystone::start();
    let past = json!({ "expires_at": "2026-11-21T03:00:00.000000Z" });
    keystone.give("expired", token("alice", "p1", &["reader"], &past));
    keystone.state().expired.insert("expired".to_owned());
    keystone.give("service", token("nova", "service", &["service"], &json!({})));
    keystone.give("other", token("bob", "p2", &["member"], &json!({})));
    keystone
}

async fn list(app: &TestApp, token: &str, service: &str) -> u16 {
    let actor = Actor::new(&app.base, "p1", Some(token.to_owned()));
    let request = actor.request(Method::GET, "/v3/p1/messages");
    actor
        .send(request.header("X-Service-Token", service))
        .await
        .status
}

#[tokio::test]
async fn a_service_may_bring_a_token_that_has_expired() {
    let keystone = keystone();
    let app = keystone.app();
    let alone = Actor::new(&app.base, "p1", Some("expired".to_owned()));
    assert_eq!(alone.list("").await.status, 401);
    assert_eq!(list(&app, "expired", "service").await, 200);
    // What the service learnt is not available to others.
    assert_eq!(alone.list("").await.status, 401);
    assert_eq!(list(&app, "nonsense", "service").await, 401);
}

#[tokio::test]
async fn a_bad_service_token_spoils_the_request() {
    let keystone = keystone();
    keystone.give("good", token("alice", "p1", &["reader"], &json!({})));
    let app = keystone.app();
    assert_eq!(list(&app, "good", "service").await, 200);
    assert_eq!(list(&app, "good", "nonsense").await, 401);
    assert_eq!(list(&app, "good", "other").await, 401);
    assert_eq!(list(&app, "good", "expired").await, 401);
}

#[tokio::test]
async fn a_service_without_the_role_may_be_let_through_and_lends_nothing() {
    let keystone = keystone();
    keystone.give("good", token("alice", "p1", &["reader"], &json!({})));
    let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__SERVICE_TOKEN_ROLES_REQUIRED", "false")]);
    assert_eq!(list(&app, "good", "other").await, 200);
    assert_eq!(list(&app, "expired", "other").await, 401);
    assert_eq!(list(&app, "expired", "service").await, 200);
    let app = keystone.app_with(&[("OS_KEYSTONE_AUTHTOKEN__SERVICE_TOKEN_ROLES", "glance,member")]);
    assert_eq!(list(&app, "expired", "other").await, 200);
    assert_eq!(list(&app, "expired", "service").await, 401);
}

#[tokio::test]
async fn access_rules_do_not_bind_what_a_service_passes_on() {
    let keystone = keystone();
    let ruled = json!({ "application_credential": { "id": "c", "access_rules": [] } });
    keystone.give("ruled", token("alice", "p1", &["reader"], &ruled));
    let app = keystone.app();
    assert_eq!(list(&app, "ruled", "").await, 401);
    assert_eq!(list(&app, "ruled", "service").await, 200);
}
