//! Roll-ups by workers of several servers, and what is recorded and deleted meanwhile.

use std::time::Duration;

use tidings::config::Statistics;
use tidings::event::Reporter;
use tidings::message::{Message, Scope};
use tidings::retention::RollUp;
use tidings::store::{lease, message as messages};
use tidings::worker::{Next, Worker};
use tokio_util::sync::CancellationToken;

use super::rollups::{SECOND, count_until, record, recorded};
use crate::support::{NOW, TestApp, message};

/// It has waited for the writer, or the clock of its server is behind.
#[tokio::test]
async fn a_recording_whose_time_has_passed_is_counted() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 10)]).await;
    app.clock.advance(Duration::from_secs(100));
    let mut worker = RollUp::new(app.store.clone(), app.clock.clock(), &Statistics::default());
    worker.step(&CancellationToken::new()).await;
    assert_eq!(recorded(&app.store).await, 1);
    record(&app.store, &[message("p1", 0), message("p1", 20)]).await;
    assert_eq!(recorded(&app.store).await, 2, "one is ahead");
    worker.step(&CancellationToken::new()).await;
    assert_eq!(recorded(&app.store).await, 3);
    worker.end().await;
}

#[tokio::test]
async fn the_worker_keeps_a_distance_and_one_server_works_at_a_time() {
    let app = TestApp::start();
    record(&app.store, &[message("p1", 0)]).await;
    let worker = |app: &TestApp| RollUp::new(app.store.clone(), app.clock.clock(), &Statistics::default());
    let (mut one, mut other) = (worker(&app), worker(&app));
    let stop = CancellationToken::new();
    assert!(matches!(one.step(&stop).await, Next::Rest(_)));
    assert_eq!(
        recorded(&app.store).await,
        0,
        "another server may still write such messages"
    );
    app.clock.advance(Duration::from_secs(61));
    one.step(&stop).await;
    assert_eq!(recorded(&app.store).await, 1);
    record(&app.store, &[message("p1", 1)]).await;
    let now = NOW + 61 * SECOND;
    let take = app.store.write(move |tx| {
        lease::take(
            tx,
            "rollup",
            "elsewhere:1",
            now + 100 * SECOND,
            now + 200 * SECOND,
        )
    });
    take.await.unwrap();
    other.step(&stop).await;
    assert_eq!(recorded(&app.store).await, 1, "another server has the lease");
    app.clock.advance(Duration::from_secs(201));
    other.step(&stop).await;
    assert_eq!(recorded(&app.store).await, 2);
    one.end().await;
    other.end().await;
}

/// Two servers count, while others record late messages and delete early ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_count_each_message_once_amid_late_and_deleted_ones() {
    let app = TestApp::start();
    let other = app.beside(&[]);
    let rows: Vec<Message> = (0..300).map(|second| message("p1", second)).collect();
    record(&app.store, &rows).await;
    let mut tasks = Vec::new();
    for store in [app.store.clone(), other.store.clone()] {
        tasks.push(tokio::spawn(async move {
            for second in (0..300).step_by(7) {
                count_until(&store, second).await;
            }
        }));
    }
    for (part, store) in [(0, app.store.clone()), (1, other.store.clone())] {
        let ids: Vec<_> = rows.iter().skip(part).step_by(6).map(|row| row.id).collect();
        tasks.push(tokio::spawn(async move {
            for (number, id) in (0_i64..).zip(ids) {
                let late = vec![message("p2", number * 6), message("p3", 299 - number * 6)];
                let import = store.write(move |tx| messages::import(tx, &late));
                import.await.unwrap();
                let reporter = Reporter::new(&tidings::config::Config::default());
                let delete =
                    store.write(move |tx| messages::delete(tx, &Scope::All, id, &reporter, None, NOW));
                delete.await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    count_until(&app.store, 400).await;
    assert_eq!(recorded(&app.store).await, 300 + 4 * 50);
}
