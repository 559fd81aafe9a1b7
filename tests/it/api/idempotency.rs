//! Repeating a POST safely.

use std::time::Duration;

use serde_json::json;

use crate::support::{Actor, TestApp};

#[tokio::test]
async fn the_same_key_and_body_give_the_first_answer_again() {
    let app = TestApp::start();
    let body = json!({ "messages": [{ "event_id": "VOLUME_000002" }, { "event_id": "VOLUME_000003" }] });
    let first = app.service().post_once("p1", "k1", &body).await;
    app.clock.advance(Duration::from_secs(5));
    let again = app.service().post_once("p1", "k1", &body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    assert_eq!(app.member("p1").list("").await.ids().len(), 2);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused() {
    let app = TestApp::start();
    app.service()
        .post_once("p1", "k1", &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await;
    let other = app
        .service()
        .post_once("p1", "k1", &json!({ "message": { "event_id": "VOLUME_000003" } }))
        .await;
    assert_eq!(
        other.fault(),
        "422 unprocessableEntity: Idempotency-Key: was used before with another request body"
    );
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_user_and_project() {
    let app = TestApp::start();
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    app.service().post_once("p1", "k1", &body).await;
    app.service().post_once("p2", "k1", &body).await;
    app.actor("elsewhere", "service")
        .post_once("p1", "k1", &body)
        .await;
    let other = Actor::new(&app.base, "services", Some("other:services:service".to_owned()));
    other.post_once("p1", "k1", &body).await;
    assert_eq!(app.member("p1").list("").await.ids().len(), 3);
    assert_eq!(app.member("p2").list("").await.ids().len(), 1);
}

#[tokio::test]
async fn a_refused_request_does_not_use_its_key() {
    let app = TestApp::start();
    assert_eq!(
        app.service()
            .post_once("p1", "k1", &json!({ "message": { "event_id": "NO" } }))
            .await
            .status,
        400
    );
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    assert_eq!(app.service().post_once("p1", "k1", &body).await.status, 201);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = TestApp::start();
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let first = app.service().post_once("p1", "k1", &body).await;
    app.clock.advance(Duration::from_secs(86_399));
    assert_eq!(
        app.service().post_once("p1", "k1", &body).await.json(),
        first.json()
    );
    app.clock.advance(Duration::from_secs(2));
    assert_ne!(
        app.service().post_once("p1", "k1", &body).await.json(),
        first.json()
    );
    assert_eq!(app.member("p1").list("").await.ids().len(), 2);
}

#[tokio::test]
async fn equal_requests_at_once_make_one_message() {
    let app = TestApp::start();
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let service = app.service();
    let answers = futures_util::future::join_all((0..20).map(|_| service.post_once("p1", "k1", &body))).await;
    for answer in &answers {
        assert_eq!((answer.status, answer.json()), (201, answers[0].json()));
    }
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
}

#[tokio::test]
async fn a_key_has_a_form() {
    let app = TestApp::start();
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    for key in ["", "two words", &"k".repeat(256)] {
        assert_eq!(
            app.service().post_once("p1", key, &body).await.fault(),
            "400 badRequest: Idempotency-Key: must be given once, with 1 to 255 printable ASCII characters"
        );
    }
    assert_eq!(
        app.service()
            .post_once("p1", &"k".repeat(255), &body)
            .await
            .status,
        201
    );
}
