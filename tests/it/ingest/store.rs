//! Recording notifications in a database: once, for the owner of the resource, until they expire.

use std::time::Duration;

use serde_json::json;
use tidings::config::Config;
use tidings::event::Reporter;
use tidings::ingest::replay::{Replay, ReplayTarget};
use tidings::message::Scope;
use tidings::store::Timed;
use tidings::store::ingest::IngestOutcome;
use tidings::store::message::count;

use super::{GLANCE, ID, OTHER, PROJECT, at, notification, planner, with_context};
use crate::support::{NOW, SOON, TestApp, let_pass};

fn replay(app: &TestApp, options: &[(&str, &str)]) -> Replay {
    Replay::new(
        planner(options),
        ReplayTarget::Store(app.store.clone(), Reporter::new(&Config::default())),
    )
}

fn seconds(count: i64) -> i64 {
    NOW + count * 1_000_000
}

#[tokio::test]
async fn what_a_dry_run_shows_is_what_is_recorded() {
    let app = TestApp::start();
    let notifications: Vec<_> = GLANCE
        .lines()
        .map(|line| tidings::ingest::replay::line(line).unwrap())
        .collect();
    let mut dry = super::dry(&[]);
    let mut wet = replay(&app, &[]);
    for part in notifications.chunks(10) {
        let expected = dry.take(part, "", NOW).await.unwrap().processed;
        let processed = wet.take(part, "", NOW).await.unwrap().processed;
        let brief = |processed: &[tidings::ingest::ProcessedNotification]| -> Vec<String> {
            processed
                .iter()
                .map(|processed| super::brief(&processed.messages[0]))
                .collect()
        };
        assert_eq!(brief(&processed), brief(&expected));
    }
    assert_eq!(wet.tally(), dry.tally());
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 9);
    assert_eq!(
        app.store
            .count_messages(Scope::Project("proj1".to_owned()), 100)
            .await
            .unwrap(),
        6
    );
}

#[tokio::test]
async fn a_notification_that_is_delivered_again_is_known() {
    let app = TestApp::start();
    let payload = json!({"tenant_id": PROJECT, "volume_id": ID});
    let failed = notification("scheduler.create_volume", "ERROR", &payload);
    let mut first = replay(&app, &[("REPEAT_WINDOW", "0")]);
    first.take(std::slice::from_ref(&failed), "", NOW).await.unwrap();
    // Another process, after the failure's window but before the notification's key expires.
    let mut second = replay(&app, &[("REPEAT_WINDOW", "0")]);
    let taken = second
        .take(std::slice::from_ref(&failed), "", seconds(86_399))
        .await
        .unwrap();
    assert_eq!(taken.processed[0].outcome, IngestOutcome::Repeated);
    let taken = second.take(&[failed], "", seconds(86_401)).await.unwrap();
    assert!(matches!(
        taken.processed[0].outcome,
        IngestOutcome::Recorded { .. }
    ));
}

#[tokio::test]
async fn a_failure_makes_one_message_within_the_window() {
    let app = TestApp::start();
    let mut replay = replay(&app, &[("REPEAT_WINDOW", "60")]);
    for (second, expected) in [(0, 1), (1, 1), (59, 1), (61, 2), (62, 2)] {
        let payload = json!({"tenant_id": PROJECT, "volume_id": ID});
        let failed = with_context("scheduler.create_volume", "ERROR", &payload, &json!({}));
        replay.take(&[failed], "", seconds(second)).await.unwrap();
        assert_eq!(
            app.store.read(|read| count(read)).await.unwrap(),
            expected,
            "{second} s"
        );
    }
}

#[tokio::test]
async fn a_request_that_failed_is_told_of_once_however_late() {
    let app = TestApp::start();
    let mut replay = replay(&app, &[("REPEAT_WINDOW", "60"), ("DEDUP_TTL", "1000")]);
    for (second, expected) in [(0, 1), (61, 1), (999, 1), (1001, 2)] {
        let payload = json!({"tenant_id": PROJECT, "volume_id": ID});
        let failed = notification("scheduler.create_volume", "ERROR", &payload);
        replay.take(&[failed], "", seconds(second)).await.unwrap();
        assert_eq!(
            app.store.read(|read| count(read)).await.unwrap(),
            expected,
            "{second} s"
        );
    }
}

#[tokio::test]
async fn an_owner_is_remembered_for_a_time_after_it_was_last_told() {
    let app = TestApp::start();
    let mut replay = replay(&app, &[("OWNER_TTL", "1000")]);
    let processed =
        |project: &str| notification("image.update", "INFO", &json!({"id": ID, "owner": project}));
    let failed = |second| {
        let text = format!("Failed to upload image data for image {ID} due to internal error: x");
        at(
            second,
            &with_context("image.upload", "ERROR", &json!(text), &json!({})),
        )
    };
    let mut outcome = async |notifications: &[_], second| {
        let taken = replay.take(notifications, "", seconds(second)).await.unwrap();
        taken
            .processed
            .into_iter()
            .next()
            .map(|processed| processed.outcome)
    };
    assert_eq!(outcome(&[failed(0)], 0).await, Some(IngestOutcome::Ownerless));
    assert_eq!(outcome(&[processed("p1")], 0).await, None);
    let owner = |name: &str| {
        Some(IngestOutcome::Recorded {
            owner: Some(name.to_owned()),
        })
    };
    assert_eq!(outcome(&[failed(999)], 999).await, owner("p1"));
    // It is reported again: half of the time has passed, so it is written.
    assert_eq!(outcome(&[processed("p1")], 999).await, None);
    assert_eq!(outcome(&[failed(1998)], 1998).await, owner("p1"));
    // The owner changes, in the same batch.
    assert_eq!(outcome(&[processed("p2"), failed(2060)], 2060).await, owner("p2"));
    assert_eq!(
        outcome(&[failed(3061)], 3061).await,
        Some(IngestOutcome::Ownerless)
    );
}

#[tokio::test]
async fn purge_forgets_what_has_expired() {
    let app = TestApp::start();
    let mut replay = replay(
        &app,
        &[
            ("OWNER_TTL", "1000"),
            ("DEDUP_TTL", "500"),
            ("REPEAT_WINDOW", "10"),
        ],
    );
    let image = |id| notification("image.update", "INFO", &json!({"id": id, "owner": "p1"}));
    let payload = json!({"tenant_id": PROJECT, "volume_id": ID});
    let failed = with_context("scheduler.create_volume", "ERROR", &payload, &json!({}));
    replay.take(&[image(ID), failed], "", NOW).await.unwrap();
    replay.take(&[image(OTHER)], "", seconds(2000)).await.unwrap();
    let stale = async |second| {
        let count = |rows| app.store.count_before(rows, seconds(second));
        count(Timed::NOTIFICATIONS).await.unwrap() + count(Timed::OWNERS).await.unwrap()
    };
    assert_eq!(
        (
            stale(5).await,
            stale(11).await,
            stale(501).await,
            stale(1001).await
        ),
        (0, 1, 2, 3)
    );
    let report = crate::retention::purge_at(&app, seconds(1001))
        .run(|_| ())
        .await
        .unwrap();
    assert_eq!((report.messages, report.notifications), (0, 3));
    assert_eq!((stale(1001).await, stale(3001).await), (0, 1));
}

#[tokio::test]
async fn two_that_bring_the_same_at_once_record_it_once() {
    let app = TestApp::start();
    let notifications: Vec<_> = (0..200)
        .map(|_| {
            let payload = json!({"tenant_id": PROJECT, "volume_id": uuid::Uuid::new_v4().to_string()});
            notification("scheduler.create_volume", "ERROR", &payload)
        })
        .collect();
    let mut consumers: Vec<Replay> = (0..4).map(|_| replay(&app, &[])).collect();
    let work = consumers.iter_mut().map(async |consumer| {
        for part in notifications.chunks(20) {
            // A collision that remains after the store's own attempts is retried, as by the consumer.
            while consumer.take(part, "", NOW).await.is_err() {
                let_pass(Duration::from_millis(10)).await;
            }
        }
    });
    futures_util::future::join_all(work).await;
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 200);
    let recorded: u64 = consumers.iter().map(|consumer| consumer.tally().recorded).sum();
    assert_eq!(recorded, 200);
}

#[tokio::test]
async fn a_stream_hears_of_it_at_once() {
    let app = TestApp::start();
    let watch = app.store.watch(PROJECT);
    let woken = watch.recorded();
    let failed = notification(
        "scheduler.create_volume",
        "ERROR",
        &json!({"tenant_id": PROJECT, "volume_id": ID}),
    );
    replay(&app, &[]).take(&[failed], "", NOW).await.unwrap();
    tokio::time::timeout(SOON, woken).await.unwrap();
}
