//! Event streams whose clients fall behind: a burst, a slow reader, a long absence.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use tidings::message::Message;
use tidings::store::Batch;

use crate::support::{FAR_MORE, LARGE, RecordBatch, Stream, TestApp, large_message, let_pass, message};

/// Records messages a second after the last.
async fn record(app: &TestApp, messages: Vec<Message>) -> HashSet<String> {
    app.clock.advance(Duration::from_secs(1));
    let ids = messages.iter().map(|message| message.id.to_string()).collect();
    app.store
        .record_batch(Batch {
            messages: messages.into(),
            events: tidings::event::Outgoing::default(),
            key: None,
        })
        .await
        .unwrap();
    ids
}

/// Receives the expected number of events, in any order.
async fn take(stream: &mut Stream, expected: &HashSet<String>) {
    let mut given = HashSet::new();
    while given.len() < expected.len() {
        let id = stream.next().await.expect("the stream ended");
        assert!(expected.contains(&id), "{id} after {}", given.len());
        assert!(given.insert(id), "a repeat after {}", given.len());
    }
}

#[tokio::test]
async fn a_full_batch_reaches_an_open_stream() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    for _ in 0..3 {
        let batch = vec![json!({ "event_id": "VOLUME_000002" }); 1000];
        let answer = app.service().post("p1", &json!({ "messages": batch })).await;
        let answer = answer.json();
        let ids = answer["messages"].as_array().unwrap().iter();
        let ids: HashSet<String> = ids.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids.len(), 1000);
        take(&mut stream, &ids).await;
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_given_everything_once() {
    let app = TestApp::start();
    let mut stream = Stream::open(&app.reader("p1"), None).await;
    let mut all = HashSet::new();
    // The client reads nothing meanwhile: the stream falls behind its buffer, and continues from the store.
    for second in 0.. {
        if all.len() * LARGE > 2 * FAR_MORE {
            break;
        }
        all.extend(record(&app, (0..1000).map(|_| large_message("p1", second + 1)).collect()).await);
    }
    take(&mut stream, &all).await;
    let next = record(&app, vec![message("p1", 60)]).await;
    take(&mut stream, &next).await;
}

#[tokio::test]
async fn a_client_that_missed_thousands_is_given_all_of_them() {
    let app = TestApp::start();
    let stream = Stream::open(&app.reader("p1"), None).await;
    let start = stream.start.clone();
    drop(stream);
    let missed: Vec<Message> = (1..=2500).map(|minute| message("p1", minute * 60)).collect();
    app.clock.advance(Duration::from_mins(2500));
    record(&app, missed.clone()).await;
    let mut stream = Stream::open(&app.reader("p1"), Some(&start)).await;
    for message in &missed {
        assert_eq!(
            stream.next().await,
            Some(message.id.to_string()),
            "the oldest first"
        );
    }
    let next = record(&app, vec![message("p1", 2500 * 60)]).await;
    take(&mut stream, &next).await;
}

#[tokio::test]
async fn a_client_that_catches_up_does_not_hold_a_server_up() {
    let app = TestApp::start();
    let start = Stream::open(&app.reader("p1"), None).await.start;
    let mut missed = 0;
    while missed * LARGE < FAR_MORE {
        missed += record(&app, (0..1000).map(|_| large_message("p1", 0)).collect())
            .await
            .len();
    }
    let mut stream = Stream::open(&app.reader("p1"), Some(&start)).await;
    stream.event().await;
    let stopped = tokio::task::spawn_blocking(move || drop(app));
    let_pass(Duration::from_millis(200)).await;
    let mut given = 1;
    while stream.next().await.is_some() {
        given += 1;
    }
    assert!(given < missed, "all of it was given first");
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_client_that_catches_up_is_cut_off_when_the_database_fails() {
    let app = TestApp::start();
    let reader = app.reader("p1");
    let current = Stream::open(&reader, None).await;
    record(&app, vec![message("p1", 1)]).await;
    app.store.close();
    // It starts where the first one started, and must catch up.
    let mut behind = Stream::open(&reader, Some(&current.start)).await;
    assert_eq!(behind.next().await, None);
}
