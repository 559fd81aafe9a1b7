//! Which listener gets which event, as soon as it exists.

use std::sync::Arc;

use serde_json::json;
use tidings::clock::Clock;
use tidings::config::Config;
use tidings::delivery::Registrar;
use tidings::listener::{ListenerSeal, Reach};
use tidings::store::listener;
use uuid::Uuid;

use crate::support::listeners::deliveries_of;
use crate::support::{NOW, TestApp};

/// Creates a listener through a server's store.
async fn create(app: &TestApp, reach: Reach, pattern: &str) -> Uuid {
    let config = Config::default();
    let seal = Arc::new(ListenerSeal::new(&config));
    let registrar = Registrar::new(&config, app.store.clone(), Clock::fixed(NOW), seal);
    let members = json!({
        "notifier_type": "http",
        "notifier_config": { "url": "http://127.0.0.1:9/" },
        "event_types": [pattern],
    });
    let created = registrar.create(reach, members.as_object().unwrap()).await;
    created.unwrap().0.id
}

async fn record(app: &TestApp, project: &str) {
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let answer = app.service().post(project, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

async fn count(app: &TestApp, listener: Uuid) -> usize {
    deliveries_of(&app.store, listener).await.len()
}

#[tokio::test]
async fn a_new_listener_gets_the_next_message_that_another_server_records() {
    let one = TestApp::start();
    let two = one.beside(&[]);
    one.leave_events();
    two.leave_events();
    // The other server knows that there is no listener.
    record(&two, "p1").await;
    let own = create(&one, Reach::Project("p1".to_owned()), "message.*").await;
    let all = create(&one, Reach::Cloud, "message.*").await;
    let repositories = create(&one, Reach::Cloud, "repo.*").await;
    record(&two, "p1").await;
    record(&two, "p2").await;
    assert_eq!(
        count(&one, own).await,
        1,
        "those of its project, from its creation on"
    );
    assert_eq!(count(&one, all).await, 2);
    assert_eq!(count(&one, repositories).await, 0);
    let deleted = two.store.write(move |tx| listener::delete(tx, own));
    deleted.await.unwrap();
    record(&one, "p1").await;
    assert_eq!((count(&one, own).await, count(&one, all).await), (0, 3));
}

#[tokio::test]
async fn a_listener_of_a_group_gets_its_types_and_no_others() {
    let app = TestApp::start();
    app.leave_events();
    let repositories = create(&app, Reach::Cloud, "repo.*").await;
    let one = create(&app, Reach::Cloud, "repo.publish.start").await;
    for (event_type, payload) in [
        ("repo.sync.start", json!({ "repo_id": "r" })),
        ("repo.publish.start", json!({ "repo_id": "r" })),
        ("image.upload", json!("failed")),
    ] {
        let event = json!({ "event_type": event_type, "priority": "ERROR", "payload": payload });
        let request = app
            .service()
            .request(reqwest::Method::POST, "/v3/p1/events")
            .header("Content-Type", "application/json")
            .body(json!({ "event": event }).to_string());
        let answer = app.service().send(request).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    assert_eq!((count(&app, repositories).await, count(&app, one).await), (2, 1));
}
