//! A request reads the clock once, so all times in its answer agree.

use std::time::Duration;

use serde_json::json;
use tidings::message::time;

use crate::support::{TestApp, message};

/// Starts a server with events, and a clock that moves by a second at each reading.
fn moving() -> TestApp {
    let app = TestApp::with_options(&[("OS_EVENTS__KEEP", "7")]);
    app.clock.step(Duration::from_secs(1));
    app
}

#[tokio::test]
async fn a_message_its_end_and_its_event_are_of_one_time() {
    let app = moving();
    let body = json!({ "message": { "event_id": "VOLUME_000002" } });
    let made = app.service().post_once("p1", "k1", &body).await.json();
    let created_at = time::parse(made["message"]["created_at"].as_str().unwrap()).unwrap();
    let until = time::parse(made["message"]["guaranteed_until"].as_str().unwrap()).unwrap();
    assert_eq!((until - created_at) % time::SECOND, 0);
    let events = app.admin("ops").get("/v3/ops/events").await.json();
    let event = &events["events"][0];
    assert_eq!(event["event_type"], "message.create");
    assert_eq!(event["timestamp"], made["message"]["created_at"]);
    let expiry = app.database.number("SELECT expires_at FROM idempotency_keys");
    assert_eq!((expiry - created_at) % (3600 * time::SECOND), 0, "whole hours");
}

#[tokio::test]
async fn a_page_is_of_one_time() {
    let app = moving();
    // A message from the future, which the page shows up to its own time.
    app.import(&[message("p1", 1_000_000)]).await;
    let browser = app.anonymous();
    let request = browser.request(reqwest::Method::GET, "/v3/p1/messages");
    let page = browser.send(request.header("Accept", "text/html")).await.text;
    let behind = |mark: &str| {
        let (_, rest) = page.split_once(mark).unwrap_or_else(|| panic!("{mark}: {page}"));
        rest.split(['"', '&']).next().unwrap().to_owned()
    };
    let news: i64 = behind("from=").parse().unwrap();
    assert_eq!(
        time::parse(&behind("name=\"until\" value=\"")),
        Some(news - 10 * time::SECOND)
    );
}
