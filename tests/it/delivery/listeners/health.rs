//! What becomes of a listener whose receiver fails.

use std::time::Duration;

use serde_json::json;
use tidings::listener::{Listener, Reach};
use tidings::store::delivery::State;

use super::cloud::{Cloud, Receiver};
use crate::support::{NOW, until};

const DAY: i64 = 86_400_000_000;

#[tokio::test]
async fn a_receiver_that_is_gone_disables_its_listener_and_the_owner_is_told() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("410 Gone");
    let listener = cloud.webhook(&receiver).await;
    cloud.report("p1").await;
    until("the end", async || {
        !cloud.shown(&listener).await.settings.is_enabled
    })
    .await;
    let shown = cloud.shown(&listener).await;
    assert_eq!(
        shown.disabled_reason.as_deref(),
        Some("the receiver answered 410 Gone")
    );
    let told = cloud.app.member("p1").list("").await;
    assert_eq!(told.json()["messages"][0]["event_id"], "TIDINGS_000002");
    assert_eq!(told.json()["messages"][0]["resource_type"], "LISTENER");
    assert_eq!(
        told.json()["messages"][0]["resource_uuid"],
        listener.id.to_string()
    );
    // Nothing more is written for it, and what it has not got arrives once it is enabled again.
    cloud.report("p1").await;
    assert_eq!(cloud.deliveries(&listener).await.len(), 1);
    receiver.answer("200 OK");
    let enable = serde_json::from_value(json!({"enabled": true})).unwrap();
    let enabled = cloud.registrar.update(listener.id, &enable).await.unwrap();
    assert_eq!((enabled.failing_since, enabled.disabled_reason), (None, None));
    cloud.clock.advance(Duration::from_secs(10));
    assert_eq!(cloud.tried(&listener, 2).await.state, State::Delivered);
}

#[tokio::test]
async fn a_listener_that_fails_for_days_is_disabled_unless_a_delivery_arrives_meanwhile() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("500 Oops");
    let listener = cloud.webhook(&receiver).await;
    let fail = async |days: i64| {
        cloud
            .clock
            .advance(Duration::from_secs((days * 86_400).unsigned_abs()));
        cloud.report("p1").await;
        cloud.tried(&listener, 1).await;
    };
    fail(0).await;
    fail(4).await;
    assert_eq!(cloud.shown(&listener).await.failing_since, Some(NOW));
    receiver.answer("200 OK");
    fail(0).await;
    until("it has recovered", async || {
        cloud.shown(&listener).await.failing_since.is_none()
    })
    .await;
    receiver.answer("500 Oops");
    fail(4).await;
    fail(4).await;
    assert!(cloud.shown(&listener).await.settings.is_enabled);
    cloud.clock.advance(Duration::from_secs(2 * 86_400));
    until("the end", async || {
        !cloud.shown(&listener).await.settings.is_enabled
    })
    .await;
    let shown = cloud.shown(&listener).await;
    assert_eq!(
        shown.disabled_reason.as_deref(),
        Some("every delivery has failed for 6 days")
    );
    assert_eq!(shown.failing_since, Some(NOW + 8 * DAY));
}

/// A webhook whose deliveries are tried once.
async fn tried_once(cloud: &Cloud, receiver: &Receiver) -> Listener {
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": receiver.url() },
        "event_types": ["message.*"],
        "retry": [],
    });
    cloud.listener(Reach::Project("p1".to_owned()), members).await
}

#[tokio::test]
async fn a_listener_that_was_idle_is_not_disabled_by_the_next_failure() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("500 Oops");
    let listener = tried_once(&cloud, &receiver).await;
    let fail = async |days: i64| {
        cloud
            .clock
            .advance(Duration::from_secs((days * 86_400).unsigned_abs()));
        cloud.report("p1").await;
        cloud.tried(&listener, 1).await;
    };
    for _ in 0..6 {
        fail(0).await;
    }
    assert_eq!(cloud.shown(&listener).await.failing_since, Some(NOW));
    fail(6).await;
    let shown = cloud.shown(&listener).await;
    assert_eq!(
        (shown.settings.is_enabled, shown.failing_since),
        (true, Some(NOW + 6 * DAY)),
        "who was silent for longer begins afresh"
    );
    for _ in 0..4 {
        fail(1).await;
    }
    assert!(cloud.shown(&listener).await.settings.is_enabled);
    fail(1).await;
    until("the end", async || {
        !cloud.shown(&listener).await.settings.is_enabled
    })
    .await;
    let reason = cloud.shown(&listener).await.disabled_reason;
    assert_eq!(reason.as_deref(), Some("every delivery has failed for 5 days"));
}

#[tokio::test]
async fn few_failures_do_not_disable_a_listener_however_long_they_take() {
    let (cloud, receiver) = (Cloud::start(), Receiver::start());
    receiver.answer("500 Oops");
    let listener = tried_once(&cloud, &receiver).await;
    for days in [0, 4, 4, 4] {
        cloud.clock.advance(Duration::from_secs(days * 86_400));
        cloud.report("p1").await;
        cloud.tried(&listener, 1).await;
    }
    let shown = cloud.shown(&listener).await;
    assert_eq!(
        (shown.settings.is_enabled, shown.failing_since),
        (true, Some(NOW))
    );
}
