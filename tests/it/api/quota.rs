//! Limits on what is recorded per project.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

fn batch(count: usize) -> Value {
    json!({ "messages": vec![json!({ "event_id": "VOLUME_000002" }); count] })
}

fn one() -> Value {
    json!({ "message": { "event_id": "VOLUME_000002" } })
}

async fn post(app: &TestApp, project: &str, body: &Value) -> Answer {
    app.service().post(project, body).await
}

fn limited(name: &'static str, value: &str) -> TestApp {
    TestApp::with_options(&[(name, value), ("OS_QUOTA__BURST", "10")])
}

#[tokio::test]
async fn by_default_nothing_is_limited() {
    let app = TestApp::start();
    for _ in 0..3 {
        assert_eq!(post(&app, "p1", &batch(1000)).await.status, 201);
    }
}

#[tokio::test]
async fn a_project_has_no_more_messages_than_its_quota_and_a_batch_counts_each() {
    let app = limited("OS_QUOTA__MESSAGES_PER_PROJECT", "5");
    app.import(&[crate::support::message("p1", 0), crate::support::message("p2", 1)])
        .await;
    assert_eq!(post(&app, "p1", &batch(3)).await.status, 201);
    let refused = post(&app, "p1", &batch(2)).await;
    assert_eq!(
        refused.fault(),
        "429 overLimit: The project p1 has 4 of at most 5 messages."
    );
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.header("openstack-api-version"), "volume 3.3");
    assert_eq!(post(&app, "p1", &one()).await.status, 201);
    assert_eq!(post(&app, "p1", &one()).await.status, 429);
    // Other projects are unaffected, and reading is free.
    assert_eq!(post(&app, "p2", &batch(4)).await.status, 201);
    assert_eq!(app.member("p1").list("").await.ids().len(), 5);
}

#[tokio::test]
async fn room_comes_back_with_the_next_count_after_a_delete() {
    let app = limited("OS_QUOTA__MESSAGES_PER_PROJECT", "1");
    let made = post(&app, "p1", &one()).await.json();
    let id = made["message"]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.member("p1").delete(&id).await.status, 204);
    assert_eq!(post(&app, "p1", &one()).await.status, 429);
    app.clock.advance(Duration::from_secs(5));
    assert_eq!(post(&app, "p1", &one()).await.status, 201);
    assert_eq!(post(&app, "p1", &one()).await.status, 429);
}

#[tokio::test]
async fn what_another_server_records_is_seen_at_the_next_count() {
    let app = limited("OS_QUOTA__MESSAGES_PER_PROJECT", "3");
    assert_eq!(post(&app, "p1", &one()).await.status, 201);
    // As another server on the same database would.
    app.import(&[crate::support::message("p1", 0), crate::support::message("p1", 1)])
        .await;
    assert_eq!(post(&app, "p1", &one()).await.status, 201);
    app.clock.advance(Duration::from_secs(5));
    let refused = post(&app, "p1", &one()).await.fault();
    assert_eq!(
        refused,
        "429 overLimit: The project p1 has 3 of at most 3 messages."
    );
}

#[tokio::test]
async fn many_at_once_do_not_get_past_the_quota() {
    let app = limited("OS_QUOTA__MESSAGES_PER_PROJECT", "20");
    let posts = (0..60).map(|_| async { post(&app, "p1", &one()).await.status });
    let statuses = futures_util::future::join_all(posts).await;
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(201), count(429)), (20, 40), "{statuses:?}");
    assert_eq!(app.member("p1").list("").await.ids().len(), 20);
}

#[tokio::test]
async fn a_rate_lets_a_burst_through_and_says_when_to_come_again() {
    let app = limited("OS_QUOTA__MESSAGES_PER_MINUTE", "60");
    assert_eq!(post(&app, "p1", &batch(10)).await.status, 201);
    let refused = post(&app, "p1", &batch(3)).await;
    assert_eq!(
        refused.fault(),
        "429 overLimit: More than 60 messages a minute are recorded for the project p1."
    );
    assert_eq!(refused.header("retry-after"), "3");
    assert_eq!(post(&app, "p2", &batch(3)).await.status, 201);
    app.clock.advance(Duration::from_secs(3));
    assert_eq!(post(&app, "p1", &batch(3)).await.status, 201);
    assert_eq!(post(&app, "p1", &one()).await.status, 429);
    // Larger than a burst: accepted only once all of it is available.
    app.clock.advance(Duration::from_secs(9));
    assert_eq!(post(&app, "p1", &batch(100)).await.header("retry-after"), "1");
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(post(&app, "p1", &batch(100)).await.status, 201);
    assert_eq!(post(&app, "p1", &one()).await.header("retry-after"), "91");
}

#[tokio::test]
async fn the_rate_takes_no_room_from_the_quota() {
    let app = TestApp::with_options(&[
        ("OS_QUOTA__MESSAGES_PER_PROJECT", "4"),
        ("OS_QUOTA__MESSAGES_PER_MINUTE", "60"),
        ("OS_QUOTA__BURST", "2"),
    ]);
    assert_eq!(post(&app, "p1", &batch(2)).await.status, 201);
    for _ in 0..5 {
        assert_eq!(post(&app, "p1", &batch(2)).await.header("retry-after"), "2");
    }
    app.clock.advance(Duration::from_secs(2));
    assert_eq!(post(&app, "p1", &batch(2)).await.status, 201);
    assert_eq!(post(&app, "p1", &one()).await.header("retry-after"), "60");
}

#[tokio::test]
async fn what_was_recorded_before_or_is_refused_costs_no_rate() {
    let app = limited("OS_QUOTA__MESSAGES_PER_MINUTE", "60");
    let once = async |body: &Value| app.service().post_once("p1", "k1", body).await;
    let first = once(&batch(5)).await;
    assert_eq!(first.status, 201);
    for _ in 0..5 {
        let again = once(&batch(5)).await;
        assert_eq!((again.status, again.json()), (201, first.json()));
        assert_eq!(once(&batch(4)).await.status, 422);
    }
    assert_eq!(post(&app, "p1", &batch(5)).await.status, 201);
    assert_eq!(post(&app, "p1", &one()).await.status, 429);
}

#[tokio::test]
async fn what_was_recorded_before_takes_no_room() {
    let app = limited("OS_QUOTA__MESSAGES_PER_PROJECT", "10");
    for _ in 0..5 {
        assert_eq!(app.service().post_once("p1", "k1", &batch(5)).await.status, 201);
    }
    assert_eq!(post(&app, "p1", &batch(5)).await.status, 201);
    assert_eq!(app.member("p1").list("").await.ids().len(), 10);
}

#[tokio::test]
async fn a_repeat_gets_its_first_answer_although_there_is_no_room_left() {
    for limit in ["OS_QUOTA__MESSAGES_PER_PROJECT", "OS_QUOTA__MESSAGES_PER_MINUTE"] {
        let app = limited(limit, "10");
        let once = async |key: &str, body: &Value| app.service().post_once("p1", key, body).await;
        let first = once("k1", &batch(10)).await;
        assert_eq!(first.status, 201);
        let again = once("k1", &batch(10)).await;
        assert_eq!((again.status, again.json()), (201, first.json()), "{limit}");
        assert_eq!(once("k1", &batch(9)).await.status, 422);
        assert_eq!(once("k2", &batch(10)).await.status, 429);
        assert_eq!(app.member("p1").list("").await.ids().len(), 10);
        // A day later the key has expired, and there is no space either way.
        app.clock.advance(Duration::from_secs(86_400));
        let later = once("k1", &batch(11)).await;
        assert_eq!(later.status, if limit.ends_with("PROJECT") { 429 } else { 201 });
    }
}

#[tokio::test]
async fn who_may_not_record_or_asks_for_nonsense_hears_that_first() {
    let app = limited("OS_QUOTA__MESSAGES_PER_PROJECT", "1");
    assert_eq!(post(&app, "p1", &one()).await.status, 201);
    assert_eq!(app.member("p1").post("p1", &one()).await.status, 403);
    let nonsense = json!({ "message": { "event_id": "VOLUME_999999" } });
    assert_eq!(post(&app, "p1", &nonsense).await.status, 400);
    assert_eq!(post(&app, "p1", &one()).await.status, 429);
}
