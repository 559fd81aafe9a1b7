//! Event streams, which outlive the request that opened them.

use std::fs;
use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::json;
use tidings::message::Message;
use tidings::store::Batch;

use crate::support::keystone::{FakeKeystone, Mood, token};
use crate::support::{Actor, FAR_MORE, LARGE, RecordBatch, SOON, Stream, TestApp, large_message, let_pass};

/// Time for streams to notice what they must heed, many times over.
const BRIEF: Duration = Duration::from_millis(500);

const OFTEN: (&str, &str) = ("OS_API__STREAM_RECHECK_INTERVAL", "0.1");

async fn open(app: &TestApp, token: &str) -> Response {
    let actor = Actor::new(&app.base, "p1", Some(token.to_owned()));
    let request = actor.request(Method::GET, "/v3/p1/messages");
    let response = request
        .header("Accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    response
}

/// Whether the stream ends within a time.
async fn ends(stream: &mut Response, time: Duration) -> bool {
    let rest = async { while let Ok(Some(_)) = stream.chunk().await {} };
    tokio::time::timeout(time, rest).await.is_ok()
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let keystone = FakeKeystone::start();
    keystone.give("good", token("rita", "p1", &["reader"], &json!({})));
    let app = keystone.app_with(&[OFTEN]);
    let mut stream = open(&app, "good").await;
    assert!(!ends(&mut stream, BRIEF).await);
    // Revoked: accepted until it is validated again.
    keystone.state().tokens.clear();
    assert!(!ends(&mut stream, BRIEF).await);
    app.clock.advance(Duration::from_secs(300));
    assert!(ends(&mut stream, SOON).await);
}

#[tokio::test]
async fn without_keystone_a_stream_goes_on_as_long_as_its_token_lives() {
    let keystone = FakeKeystone::start();
    keystone.give("good", token("rita", "p1", &["reader"], &json!({})));
    let app = keystone.app_with(&[OFTEN]);
    let mut stream = open(&app, "good").await;
    keystone.state().mood = Mood::Closes;
    app.clock.advance(Duration::from_secs(600));
    assert!(!ends(&mut stream, BRIEF).await);
    app.clock.advance(Duration::from_secs(3000));
    assert!(ends(&mut stream, SOON).await);
}

#[tokio::test]
async fn a_stream_ends_when_the_rules_no_longer_allow_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rules.yaml");
    fs::write(&file, "").unwrap();
    let name = file.to_str().unwrap();
    let app = TestApp::with_options(&[OFTEN, ("OS_OSLO_POLICY__POLICY_FILE", name)]);
    let mut stream = open(&app, "rita:p1:reader").await;
    assert!(!ends(&mut stream, BRIEF).await);
    fs::write(&file, "message:get_all: role:admin\n").unwrap();
    app.clock.advance(Duration::from_secs(1));
    assert!(ends(&mut stream, SOON).await);
}

#[tokio::test]
async fn a_stream_that_catches_up_ends_with_its_token_too() {
    let keystone = FakeKeystone::start();
    keystone.give("good", token("rita", "p1", &["reader"], &json!({})));
    let app = keystone.app_with(&[OFTEN]);
    let messages: Vec<Message> = (0..FAR_MORE / LARGE).map(|_| large_message("p1", 0)).collect();
    let (missed, last) = (messages.len(), format!("0-{}", messages[0].id));
    app.store
        .record_batch(Batch {
            messages: messages.into(),
            events: tidings::event::Outgoing::default(),
            key: None,
        })
        .await
        .unwrap();
    let actor = Actor::new(&app.base, "p1", Some("good".to_owned()));
    let mut stream = Stream::open(&actor, Some(&last)).await;
    keystone.state().tokens.clear();
    app.clock.advance(Duration::from_secs(300));
    let_pass(Duration::from_millis(200)).await;
    let mut given = 0;
    while stream.next().await.is_some() {
        given += 1;
    }
    assert!(given < missed - 1, "all of it was given first");
}
