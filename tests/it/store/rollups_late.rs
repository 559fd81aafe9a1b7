//! Roll-ups: messages that come late, move in time, or are too old to be counted by hour.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use tidings::message::{CountFilter, Message, Period};
use tidings::store::ingest::{Arrival, IngestBatch};
use tidings::store::rollup;
use tidings::store::{Store, message as messages};
use tokio::task::JoinHandle;

use super::rollups::{DAY, KEPT, SECOND, count_until, record, recorded, total};
use crate::support::{Fresh, NOW, TestApp, message, reporter, wait_for};

/// Holds the lock of the position, or on SQLite the writer, until the sender is dropped.
fn hold(store: &Store) -> (mpsc::Sender<()>, JoinHandle<()>) {
    let (release, held) = mpsc::channel::<()>();
    let (started, start) = mpsc::channel::<()>();
    let store = store.clone();
    let holding = tokio::spawn(async move {
        let transaction = store.write(move |tx| {
            rollup::advance(tx, NOW, KEPT)?;
            let _ = (started.send(()), held.recv());
            Ok(())
        });
        transaction.await.unwrap();
    });
    wait_for("the lock is held", || start.try_recv().ok());
    (release, holding)
}

#[tokio::test]
async fn a_server_whose_clock_is_behind_counts_its_own_messages() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 10)]).await;
    count_until(&app.store, 11).await;
    record(&app.store, &[message("p1", 0)]).await;
    assert_eq!(recorded(&app.store).await, 1, "nobody has noted a position");
    app.store.note_counted(NOW + 10 * SECOND);
    record(&app.store, &[message("p1", 1), message("p2", 9)]).await;
    assert_eq!(recorded(&app.store).await, 3);
}

/// A recording whose time roll-ups pass while it waits for the writer.
#[tokio::test(flavor = "multi_thread")]
async fn a_recording_that_waits_long_is_counted() {
    if Fresh::is_remote() {
        // Its writers cannot all be held up.
        return;
    }
    let app = TestApp::start();
    record(&app.store, &[message("p1", 10)]).await;
    count_until(&app.store, 11).await;
    app.store.note_counted(NOW - DAY);
    let (release, holding) = hold(&app.store);
    let waiting = {
        let store = app.store.clone();
        tokio::spawn(async move { record(&store, &[message("p1", 0)]).await })
    };
    wait_for("the recording waits", || (app.store.queue() > 0).then_some(()));
    app.store.note_counted(NOW + 10 * SECOND);
    drop(release);
    holding.await.unwrap();
    waiting.await.unwrap();
    assert_eq!(recorded(&app.store).await, 2);
}

/// The position is one row, and every batch would wait for whoever locks it.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_new_messages_does_not_wait_for_the_position() {
    if !Fresh::is_remote() {
        // There is one writer.
        return;
    }
    let app = TestApp::start();
    app.store.note_counted(NOW);
    let other = app.beside(&[]);
    let (release, holding) = hold(&other.store);
    let arrival = Arrival {
        messages: vec![message("p2", 3600)],
        resource: None,
        own: None,
        failure: None,
        pairs_within: None,
    };
    let batch = IngestBatch {
        now: NOW,
        arrivals: vec![arrival],
        ..IngestBatch::default()
    };
    let reporter = reporter();
    let ingested = app.store.ingest(Arc::new(batch), &reporter);
    let ingested = tokio::time::timeout(Duration::from_secs(10), ingested).await;
    drop(release);
    holding.await.unwrap();
    ingested.expect("it waits for the position").unwrap();
    count_until(&app.store, 4000).await;
    assert_eq!(recorded(&app.store).await, 1);
}

#[tokio::test]
async fn a_message_that_moves_behind_the_position_is_counted() {
    let app = TestApp::start();
    let old = message("p1", 50);
    record(&app.store, &[message("p1", 10), old.clone()]).await;
    count_until(&app.store, 11).await;
    let moved = Message {
        created_at: NOW,
        ..old
    };
    let correct = app
        .store
        .write(move |tx| messages::correct(tx, std::slice::from_ref(&moved)));
    assert_eq!(correct.await, Ok(1));
    count_until(&app.store, 100).await;
    assert_eq!(recorded(&app.store).await, 2);
}

#[tokio::test]
async fn intervals_that_are_not_kept_are_not_counted() {
    let app = TestApp::start();
    record(
        &app.store,
        &[message("p1", -20 * 86_400), message("p1", -500 * 86_400)],
    )
    .await;
    count_until(&app.store, 0).await;
    let period = |hourly_since| Period::containing(NOW - 20 * DAY, NOW - 19 * DAY, hourly_since);
    let old = Period::containing(NOW - 501 * DAY, NOW - 499 * DAY, i64::MAX);
    for (period, count) in [(period(i64::MIN), 0), (period(i64::MAX), 1), (old, 0)] {
        let counted = total(&app.store, CountFilter::all(period)).await.total();
        assert_eq!(counted, count, "{period:?}");
    }
}

/// Two purges delete the same messages, which nobody has counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_purges_count_each_message_once() {
    let app = TestApp::start();
    let other = app.beside(&[]);
    let rows: Vec<Message> = (0..100)
        .map(|second| Message {
            expires_at: Some(NOW + second),
            ..message("p1", second)
        })
        .collect();
    record(&app.store, &rows).await;
    let purges = [app.store.clone(), other.store.clone()].map(|store| {
        tokio::spawn(async move {
            while store
                .write(|tx| messages::purge(tx, NOW + DAY, 20))
                .await
                .unwrap()
                > 0
            {}
        })
    });
    for purge in purges {
        purge.await.unwrap();
    }
    count_until(&app.store, 200).await;
    assert_eq!(recorded(&app.store).await, 100);
}
