//! Which services may record which prefixes.

use serde_json::json;

use crate::support::keystone::{FakeKeystone, token};
use crate::support::{Actor, TestApp};

#[tokio::test]
async fn only_its_owners_record_a_prefix() {
    let keystone = FakeKeystone::start();
    for user in ["cinder", "manila"] {
        // Services often have the role admin.
        keystone.give(user, token(user, "service", &["service", "admin"], &json!({})));
    }
    let app = keystone.app_with(&[("OS_CATALOG__OWNERS", "VOLUME:cinder")]);
    let volume = json!({ "event_id": "VOLUME_000002" });
    let share = json!({ "action": "001", "detail": "001", "resource_type": "SHARE" });
    let post = async |user: &str, body: serde_json::Value| {
        let actor = Actor::new(&app.base, "service", Some(user.to_owned()));
        actor.post("p1", &body).await
    };
    assert_eq!(post("cinder", json!({ "message": volume })).await.status, 201);
    assert_eq!(post("cinder", json!({ "message": share })).await.status, 201);
    assert_eq!(post("manila", json!({ "message": share })).await.status, 201);
    let refused = post("manila", json!({ "messages": [share, volume] })).await;
    assert_eq!(
        refused.fault(),
        "403 forbidden: The user manila may not record messages with the prefix VOLUME."
    );
    let stored = Actor::new(&app.base, "service", Some("cinder".to_owned()));
    assert_eq!(stored.get("/v3/messages").await.ids().len(), 3);
}

#[tokio::test]
async fn in_noauth_the_user_of_the_token_is_held_against_the_owners() {
    let app = TestApp::with_options(&[("OS_CATALOG__OWNERS", "VOLUME:cinder")]);
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let post = async |token: &str| {
        let actor = Actor::new(&app.base, "p1", Some(token.to_owned()));
        actor.post("p1", &body).await.status
    };
    assert_eq!(
        (post("cinder:p1:service").await, post("nova:p1:service").await),
        (201, 403)
    );
}
