//! The recorder against a real HTTP server that fails in every possible way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod end_to_end;
mod keystone;
mod server;
mod spool;

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tidings_client::catalog::volume::UNABLE_TO_ALLOCATE;
use tidings_client::{Auth, Builder, Error, Record, Recorder};

use crate::support::{SOON, wait_for};
use server::{Reply, Server};
use spool::spool_files;

const PROJECT: &str = "6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21";
/// Nothing listens on this port.
const NOBODY: &str = "http://127.0.0.1:1";

/// Returns a recorder that retries quickly.
fn builder(endpoint: &str) -> Builder {
    quick(Recorder::builder(
        endpoint,
        Auth::NoAuth {
            user: "cinder".into(),
        },
    ))
}

fn quick(builder: Builder) -> Builder {
    builder
        .backoff(Duration::from_millis(20), Duration::from_millis(100))
        .request_timeout(Duration::from_secs(5))
        .shutdown_timeout(Duration::from_millis(500))
}

fn message(resource: &str) -> Record {
    Record::new(UNABLE_TO_ALLOCATE).resource(resource)
}

fn record_all(recorder: &Recorder, resources: &[&str]) {
    for resource in resources {
        recorder.record(PROJECT, message(resource));
    }
}

#[track_caller]
fn eventually(mut holds: impl FnMut() -> bool) {
    wait_for("what a recorder is to do", || holds().then_some(()));
}

#[test]
fn messages_recorded_together_arrive_in_one_request_a_project() {
    let server = Server::start();
    let recorder = builder(&server.endpoint())
        .linger(Duration::from_secs(60))
        .build()
        .unwrap();
    record_all(&recorder, &["a", "b", "c"]);
    recorder.record("other", message("d").parameter("size", 5).request_id("req-1"));
    assert!(recorder.flush(SOON));

    let seen = server.state();
    assert_eq!(seen.requests.len(), 2);
    let request = seen
        .requests
        .iter()
        .find(|request| request.project == PROJECT)
        .unwrap();
    assert_eq!(request.token, format!("cinder:{PROJECT}:service"));
    assert_eq!(request.messages().len(), 3);
    assert_eq!(request.messages()[0]["event_id"], UNABLE_TO_ALLOCATE.to_string());
    let (_, other) = seen
        .recorded
        .iter()
        .find(|(project, _)| project == "other")
        .unwrap();
    assert_eq!(
        (&other["parameters"]["size"], &other["request_id"]),
        (&5.into(), &"req-1".into())
    );
    let stats = recorder.stats();
    assert_eq!((stats.recorded, stats.delivered, stats.pending), (4, 4, 0));
}

#[test]
fn a_batch_is_sent_when_it_is_full_or_has_lingered() {
    let server = Server::start();
    let recorder = builder(&server.endpoint()).batch_size(2).build().unwrap();
    record_all(&recorder, &["a", "b", "c", "d", "e"]);
    eventually(|| server.state().recorded.len() == 5);
    assert!(
        server
            .state()
            .requests
            .iter()
            .all(|request| request.messages().len() <= 2)
    );
}

#[test]
fn an_unavailable_server_is_tried_again_when_it_asked_to_be_under_the_same_key() {
    let server = Server::start_with(|state| state.script.push_back(Reply::RetryAfter(503, 1)));
    let recorder = builder(&server.endpoint()).build().unwrap();
    record_all(&recorder, &["a"]);
    eventually(|| recorder.stats().delivered == 1);

    let state = server.state();
    let [first, second] = &state.requests[..] else {
        panic!("{:?}", state.requests)
    };
    assert!(second.at - first.at >= Duration::from_secs(1));
    assert_eq!((&first.key, &first.body), (&second.key, &second.body));
}

#[test]
fn a_lost_answer_doubles_nothing() {
    let lost = [Reply::LoseAnswer, Reply::Status(500), Reply::LoseAnswer];
    let server = Server::start_with(|state| state.script.extend(lost));
    let recorder = builder(&server.endpoint()).build().unwrap();
    record_all(&recorder, &["a", "b"]);
    eventually(|| recorder.stats().delivered == 2);
    assert_eq!(server.state().resources(), ["a", "b"]);
    assert!(server.state().requests.len() >= 4);
}

#[test]
fn a_refused_message_harms_no_other() {
    for spool in [None, Some(TempDir::new().unwrap())] {
        let server = Server::start_with(|state| state.refuse = Some("bad".into()));
        let mut builder = builder(&server.endpoint());
        if let Some(dir) = &spool {
            // An answer of 500 first sends the batch through the spool.
            server.state().script.push_back(Reply::Status(500));
            builder = builder.spool(dir.path());
        }
        let recorder = builder.build().unwrap();
        record_all(&recorder, &["a", "b", "bad", "c", "d", "e", "f"]);
        eventually(|| recorder.stats().delivered == 6 && recorder.stats().refused == 1);
        assert_eq!(server.state().resources(), ["a", "b", "c", "d", "e", "f"]);
        let stats = recorder.stats();
        assert_eq!((stats.pending, stats.spooled, stats.dropped), (0, 0, 0));
        if let Some(dir) = &spool {
            assert!(spool_files(dir.path(), "batch").is_empty());
        }
    }
}

#[test]
fn what_cannot_be_sent_at_all_is_refused_at_once() {
    let recorder = builder(NOBODY).build().unwrap();
    recorder.record("../../v3", message("a"));
    recorder.record(PROJECT, message(&"x".repeat(100_000)));
    let stats = recorder.stats();
    assert_eq!((stats.recorded, stats.refused, stats.pending), (2, 2, 0));
}

#[test]
fn dropping_the_recorder_sends_what_is_queued() {
    let server = Server::start();
    let recorder = builder(&server.endpoint())
        .linger(Duration::from_secs(60))
        .build()
        .unwrap();
    record_all(&recorder, &["a", "b"]);
    drop(recorder.clone());
    assert!(server.state().requests.is_empty(), "a clone is left");
    drop(recorder);
    assert_eq!(server.state().resources(), ["a", "b"]);
}

#[test]
fn a_caller_is_never_kept_waiting() {
    let hanging = Server::start_with(|state| {
        state.projects.insert(PROJECT.into(), Reply::Hang);
    });
    for endpoint in [NOBODY, &hanging.endpoint()] {
        let recorder = builder(endpoint)
            .request_timeout(Duration::from_secs(60))
            .build()
            .unwrap();
        let start = Instant::now();
        for _ in 0..15_000 {
            recorder.record(PROJECT, message("a"));
        }
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "less than one attempt takes"
        );
        let stats = recorder.stats();
        assert_eq!(
            (stats.recorded, stats.pending, stats.dropped),
            (15_000, 10_000, 5_000)
        );
    }
}

#[test]
fn a_wrong_set_up_loses_nothing() {
    let wrong = [401, 403, 404, 302, 200].map(Reply::Status);
    let server = Server::start_with(|state| state.script.extend(wrong));
    let recorder = builder(&server.endpoint()).build().unwrap();
    record_all(&recorder, &["a"]);
    eventually(|| recorder.stats().delivered == 1);
    assert_eq!(server.state().requests.len(), wrong.len() + 1);
    assert_eq!(recorder.stats().refused, 0);
}

#[test]
fn a_project_that_has_to_wait_keeps_no_other_waiting() {
    let server = Server::start_with(|state| {
        state.projects.insert("slow".into(), Reply::RetryAfter(429, 3600));
        state.projects.insert("broken".into(), Reply::Status(500));
    });
    let recorder = builder(&server.endpoint()).build().unwrap();
    recorder.record("slow", message("x"));
    recorder.record("broken", message("y"));
    eventually(|| server.state().requests.len() >= 2);
    record_all(&recorder, &["a", "b"]);
    eventually(|| recorder.stats().delivered == 2);
    assert_eq!(recorder.stats().pending, 2);
    assert_eq!(
        server
            .state()
            .requests
            .iter()
            .filter(|request| request.project == "slow")
            .count(),
        1
    );
}

#[test]
fn faults_of_the_settings_are_found_at_start() {
    let build = |change: fn(Builder) -> Builder| change(builder(NOBODY)).build().unwrap_err().to_string();
    assert_eq!(
        build(|builder| builder.batch_size(1001)),
        "batch_size must be 1 to 1000"
    );
    assert_eq!(build(|builder| builder.queue(0)), "queue must be 1 or more");
    let error = build(|builder| builder.spool("/proc/none"));
    assert_eq!(error, "the spool directory /proc/none cannot be used");
    let recorder = Recorder::builder("https://127.0.0.1:1", Auth::Token("t".into())).ca_file("/nowhere.pem");
    assert!(matches!(recorder.build(), Err(Error::CaFile { .. })));
}
