//! The event stream.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tidings::config::Config;

use crate::support::{Actor, Fresh, NOW, Stream, TestApp, message, until};

async fn record(app: &TestApp, project: &str) -> Value {
    app.clock.advance(Duration::from_millis(1));
    let answer = app
        .service()
        .post(project, &json!({ "message": { "event_id": "VOLUME_000002" } }))
        .await;
    answer.json()["message"].clone()
}

#[tokio::test]
async fn new_messages_of_the_project_come_as_they_are_recorded() {
    let app = TestApp::start();
    record(&app, "p1").await;
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    record(&app, "p2").await;
    let first = record(&app, "p1").await;
    let second = record(&app, "p1").await;
    assert_eq!(
        stream.event().await.1["id"],
        first["id"],
        "neither what was there before nor another project's"
    );
    assert_eq!(stream.event().await.1["id"], second["id"]);
}

#[tokio::test]
async fn comments_keep_a_silent_stream_open() {
    let every = Config::default().api.stream_heartbeat;
    assert_eq!(every, Duration::from_secs(15), "docs/api.md says so");
    let app = TestApp::with(|config| config.api.stream_heartbeat = Duration::from_millis(10));
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    for _ in 0..2 {
        assert_eq!(stream.block().await.unwrap(), ": still here");
    }
    let recorded = record(&app, "p1").await;
    assert_eq!(stream.event().await.1["id"], recorded["id"]);
}

#[tokio::test]
async fn what_another_process_writes_comes_too() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    // Like another server's write, an import does not wake the stream.
    let written = message("p1", 0);
    app.import(std::slice::from_ref(&written)).await;
    assert_eq!(stream.event().await.1["id"], written.id.to_string());
}

#[tokio::test]
async fn a_stream_is_resumed_after_its_last_event() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    record(&app, "p1").await;
    let (last, _) = stream.event().await;
    drop(stream);
    app.clock.advance(Duration::from_secs(60));
    let missed = record(&app, "p1").await;
    let mut stream = Stream::open(&app.reader("p1"), Some(&last)).await;
    assert_eq!(stream.event().await.1["id"], missed["id"]);
    let next = record(&app, "p1").await;
    assert_eq!(
        stream.event().await.1["id"],
        next["id"],
        "what was missed comes once"
    );
}

#[tokio::test]
async fn a_client_that_saw_no_event_is_told_where_it_began() {
    let app = TestApp::start();
    let stream = Stream::open(&app.reader("p1"), None).await;
    let start = format!("{NOW}-00000000-0000-0000-0000-000000000000");
    assert_eq!(stream.start, start);
    drop(stream);
    let missed = record(&app, "p1").await;
    app.clock.advance(Duration::from_secs(60));
    let mut stream = Stream::open(&app.reader("p1"), Some(&start)).await;
    assert_eq!(stream.start, start, "until it has seen an event");
    assert_eq!(stream.event().await.1["id"], missed["id"]);
}

#[tokio::test]
async fn own_writes_wake_a_stream() {
    let app = TestApp::with(|config| config.api.stream_poll_interval = Duration::from_hours(1));
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    // The second and third are recorded while the poller reads, or waits afterwards.
    for round in 0..20 {
        let recorded = record(&app, "p1").await;
        assert_eq!(stream.event().await.1["id"], recorded["id"], "{round}");
    }
}

#[tokio::test]
async fn what_is_committed_late_comes_late() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    // Shorter than the look-back: a commit on a server may take longer.
    let late = if Fresh::is_remote() { 16 } else { 9 };
    app.clock.advance(Duration::from_secs(late));
    let first = record(&app, "p1").await;
    let (last, event) = stream.event().await;
    assert_eq!(event["id"], first["id"]);
    let late = message("p1", 1);
    app.import(std::slice::from_ref(&late)).await;
    assert_eq!(stream.event().await.1["id"], late.id.to_string());
    let mut resumed = Stream::open(&app.reader("p1"), Some(&last)).await;
    assert_eq!(resumed.event().await.1["id"], late.id.to_string());
    let next = record(&app, "p1").await;
    for stream in [&mut stream, &mut resumed] {
        assert_eq!(stream.event().await.1["id"], next["id"]);
    }
}

#[tokio::test]
async fn a_clock_that_leaps_takes_no_message_along() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    for leap in [60, 3600, -3600] {
        let written = message("p1", (app.clock.clock().now() - NOW) / 1_000_000);
        app.import(std::slice::from_ref(&written)).await;
        app.clock.set(app.clock.clock().now() + leap * 1_000_000);
        assert_eq!(stream.event().await.1["id"], written.id.to_string(), "{leap}");
    }
    // When the clock is set back, the last hour is read once more.
    let next = record(&app, "p1").await;
    while stream.event().await.1["id"] != next["id"] {}
}

#[tokio::test]
async fn a_client_that_comes_from_the_future_loses_nothing_more() {
    let app = TestApp::start();
    let future = format!("{}-00000000-0000-0000-0000-000000000000", i64::MAX);
    let mut stream = Stream::open(&app.reader("p1"), Some(&future)).await;
    let recorded = record(&app, "p1").await;
    assert_eq!(stream.event().await.1["id"], recorded["id"]);
}

#[tokio::test]
async fn a_stream_needs_a_right_and_a_place() {
    let app = TestApp::with(|config| config.api.max_streams_per_project = 1);
    let open = async |actor: Actor, last: &'static str| {
        let request = actor
            .request(Method::GET, &actor.messages())
            .header("Accept", "text/event-stream");
        request
            .header("Last-Event-ID", last)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(open(app.actor("p1", "other"), "").await, 403);
    assert_eq!(open(app.reader("p1"), "nonsense").await, 400);
    let stream = Stream::open(&app.reader("p1"), None).await;
    assert_eq!(open(app.reader("p1"), "").await, 429);
    let mut elsewhere = Stream::open(&app.reader("p2"), None).await;
    drop(stream);
    record(&app, "p2").await;
    elsewhere.event().await;
    // The server notices that the client is gone when it next writes.
    record(&app, "p1").await;
}

#[tokio::test]
async fn all_streams_together_have_a_limit_and_no_proxy_holds_them_back() {
    let app = TestApp::with_options(&[("OS_API__MAX_STREAMS", "1")]);
    let open = |actor: Actor, query: &str| {
        let path = format!("{}?{query}", actor.messages());
        actor
            .request(Method::GET, &path)
            .header("Accept", "text/event-stream")
    };
    // Filters do not apply.
    let first = open(app.reader("p1"), "event_id=VOLUME_000003")
        .send()
        .await
        .unwrap();
    for (header, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "private, no-store"),
        ("x-accel-buffering", "no"),
    ] {
        assert_eq!(first.headers()[header], value);
    }
    let refused = app.reader("p2");
    let refused = refused.send(open(refused.clone(), "")).await;
    assert_eq!(
        refused.fault(),
        "429 overLimit: There are too many event streams."
    );
    assert_eq!(refused.header("retry-after"), "1");
    let none = TestApp::with_options(&[("OS_API__MAX_STREAMS", "0")]);
    assert_eq!(open(none.reader("p1"), "").send().await.unwrap().status(), 429);
    drop(first);
    until("the place", async || {
        app.figures().await["tidings_streams_open"] == 0
    })
    .await;
    let mut stream = Stream::of(open(app.reader("p1"), "event_id=VOLUME_000003")).await;
    let recorded = record(&app, "p1").await;
    assert_eq!(stream.event().await.1["id"], recorded["id"]);
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    drop(app);
    assert_eq!(stream.next().await, None);
}
