//! When reports are one failure and when two: by time, by resource and project, and by number.

use serde_json::{Value, json};
use tidings::bus::Notification;
use tidings::config::Config;
use tidings::event::Reporter;
use tidings::ingest::replay::{Replay, ReplayTarget};
use tidings::store::ingest::IngestOutcome;
use tidings::store::message::count;

use super::{ID, PROJECT, at, dry, notification, planner, take, with_context};
use crate::support::{NOW, TestApp};

fn replay(app: &TestApp, options: &[(&str, &str)]) -> Replay {
    let target = ReplayTarget::Store(app.store.clone(), Reporter::new(&Config::default()));
    Replay::new(planner(options), target)
}

/// A failure without a request id, this many seconds after [`NOW`]; a different notification each time.
fn failed(second: i64) -> Notification {
    let payload = json!({"tenant_id": PROJECT, "volume_id": ID});
    at(
        second,
        &with_context("scheduler.create_volume", "ERROR", &payload, &json!({})),
    )
}

async fn recorded(replay: &mut Replay, notifications: &[Notification], second: i64) -> Vec<bool> {
    let now = NOW + second * 1_000_000;
    let processed = replay.take(notifications, "cinder", now).await.unwrap().processed;
    let is_new = |outcome: &IngestOutcome| matches!(outcome, IngestOutcome::Recorded { .. });
    processed
        .iter()
        .map(|processed| is_new(&processed.outcome))
        .collect()
}

#[tokio::test]
async fn what_told_of_a_known_failure_is_known_when_it_comes_again_after_the_window() {
    let app = TestApp::start();
    let (first, second) = (failed(0), failed(1));
    let both = [first, second];
    assert_eq!(recorded(&mut replay(&app, &[]), &both, 1).await, [true, false]);
    // The process died before acknowledging them, and its host took some time.
    assert_eq!(recorded(&mut replay(&app, &[]), &both, 300).await, [false, false]);
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 1);
}

#[tokio::test]
async fn failures_that_waited_together_are_told_apart_by_when_they_happened() {
    let app = TestApp::start();
    let backlog = [failed(0), failed(59), failed(6 * 3600), failed(6 * 3600 + 1)];
    let mut replay = replay(&app, &[]);
    assert_eq!(
        recorded(&mut replay, &backlog, 9 * 3600).await,
        [true, false, true, false]
    );
    assert_eq!(
        recorded(&mut replay, &[failed(6 * 3600 + 2)], 9 * 3600).await,
        [false],
        "the next batch, from the table"
    );
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 2);
}

#[tokio::test]
async fn a_pause_of_the_reader_makes_no_second_failure_and_order_does_not_matter() {
    let mut replay = dry(&[]);
    assert_eq!(recorded(&mut replay, &[failed(0)], 0).await, [true]);
    assert_eq!(recorded(&mut replay, &[failed(1)], 180).await, [false]);
    let mut backwards = dry(&[]);
    let reports = [failed(6 * 3600), failed(6 * 3600 - 1), failed(0)];
    assert_eq!(
        recorded(&mut backwards, &reports, 7 * 3600).await,
        [true, false, true]
    );
}

#[tokio::test]
async fn without_a_time_or_with_one_to_come_it_happened_now() {
    let mut replay = dry(&[]);
    let timeless = || Notification {
        timestamp: None,
        ..failed(0)
    };
    assert_eq!(recorded(&mut replay, &[timeless()], 0).await, [true]);
    assert_eq!(recorded(&mut replay, &[failed(9999)], 59).await, [false]);
    assert_eq!(recorded(&mut replay, &[timeless()], 61).await, [true]);
}

/// Streams look back ten seconds, and read marks cover everything up to a time.
#[tokio::test]
async fn a_message_is_dated_when_it_is_recorded() {
    let taken = dry(&[]).take(&[failed(0)], "cinder", NOW + 3_600_000_000).await;
    let message = &taken.unwrap().processed[0].messages[0];
    assert_eq!(message.created_at, NOW + 3_600_000_000);
}

#[tokio::test]
async fn with_no_window_each_report_counts() {
    let app = TestApp::start();
    let mut replay = replay(&app, &[("REPEAT_WINDOW", "0")]);
    let with_request = || {
        let payload = json!({"tenant_id": PROJECT, "volume_id": ID});
        notification("scheduler.create_volume", "ERROR", &payload)
    };
    let twice = failed(0);
    let batch = [failed(0), twice.clone(), twice, with_request(), with_request()];
    assert_eq!(
        recorded(&mut replay, &batch, 0).await,
        [true, true, false, true, true]
    );
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 4);
}

#[tokio::test]
async fn every_project_whose_download_was_cut_short_gets_a_message() {
    let cut = |receiver: &str| {
        let payload =
            json!({"image_id": ID, "owner_id": "owner", "receiver_tenant_id": receiver, "bytes_sent": 1000});
        with_context("image.send", "ERROR", &payload, &json!({}))
    };
    let all = [cut("alice"), cut("bob"), cut("alice")];
    let processed = take(&mut dry(&[]), &all).await.processed;
    let brief: Vec<(&str, bool)> = processed
        .iter()
        .map(|processed| {
            let is_new = matches!(processed.outcome, IngestOutcome::Recorded { .. });
            (processed.messages[0].project_id.as_str(), is_new)
        })
        .collect();
    assert_eq!(brief, [("alice", true), ("bob", true), ("alice", false)]);
}

#[tokio::test]
async fn notifications_without_a_project_are_counted() {
    let mut replay = dry(&[]);
    let text: Value = "Image storage media is full: There is not enough disk space".into();
    let full = with_context("image.upload", "ERROR", &text, &json!({}));
    assert!(take(&mut replay, &[full]).await.processed.is_empty());
    assert_eq!((replay.tally().ownerless, replay.tally().unruled), (1, 0));
}

#[tokio::test]
async fn a_database_that_takes_nothing_is_told_from_a_notification_that_is_wrong() {
    let app = TestApp::start();
    let reporter = Reporter::new(&Config::default());
    app.store.can_ingest(NOW, &reporter).await.unwrap();
    for table in ["ingest_keys", "resource_owners", "messages"] {
        assert_eq!(app.database.count(table), 0, "{table}: it was undone");
        app.database
            .execute(&format!("ALTER TABLE {table} RENAME TO away"));
        app.store.can_ingest(NOW, &reporter).await.unwrap_err();
        app.database
            .execute(&format!("ALTER TABLE away RENAME TO {table}"));
    }
    app.store.can_ingest(NOW, &reporter).await.unwrap();
}
