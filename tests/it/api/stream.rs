//! The event stream.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, TestApp};

/// An open stream.
struct Stream {
    response: reqwest::Response,
    buffer: String,
}

impl Stream {
    async fn open(actor: &Actor, last: Option<&str>) -> Self {
        let mut request = actor
            .request(Method::GET, &actor.messages())
            .header("Accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self {
            response,
            buffer: String::new(),
        };
        assert!(stream.block().await.unwrap().starts_with("retry: "));
        stream
    }

    /// The next block of lines; none when the stream ends.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.into();
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk()).await;
            let chunk = chunk.expect("the stream is silent").ok().flatten()?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The id and message of the next event.
    async fn event(&mut self) -> (String, Value) {
        let block = self.block().await.expect("the stream ended");
        let field = |name: &str| {
            block
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap()
                .to_owned()
        };
        assert_eq!(field("event: "), "message");
        (
            field("id: "),
            serde_json::from_str::<Value>(&field("data: ")).unwrap()["message"].clone(),
        )
    }
}

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
async fn what_another_process_writes_comes_too() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    // An import does not wake the stream, as another server's write does not.
    let written = crate::support::message("p1", 0);
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
async fn a_client_that_missed_thousands_is_given_all_of_them() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    record(&app, "p1").await;
    let (last, _) = stream.event().await;
    drop(stream);
    let missed: Vec<_> = (1..=2500)
        .map(|second| crate::support::message("p1", second))
        .collect();
    app.import(&missed).await;
    app.clock.advance(Duration::from_secs(2500));
    let mut stream = Stream::open(&app.reader("p1"), Some(&last)).await;
    for message in &missed {
        assert_eq!(stream.event().await.1["id"], message.id.to_string());
    }
    let next = record(&app, "p1").await;
    assert_eq!(stream.event().await.1["id"], next["id"]);
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
    // The server sees that the client is gone when it next writes to it.
    record(&app, "p1").await;
}

#[tokio::test]
async fn streams_end_when_the_server_stops() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    drop(app);
    assert_eq!(stream.block().await, None);
}
