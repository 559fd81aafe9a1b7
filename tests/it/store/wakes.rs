//! The writer wakes those who wait for a commit, whatever became of the caller.

use std::future::Future;

use serde_json::Value;
use tidings::event::Outgoing;
use tidings::message::Scope;
use tidings::store::delivery;
use tidings::store::message::{delete, import};
use tidings::store::{Batch, Tx};
use tidings::{
    config::Config,
    event::{Origin, Reporter},
    store::ingest,
};

use crate::support::{Database, NOW, RecordBatch, SOON, TestApp, message};

/// Events that go somewhere.
fn reporter() -> Reporter {
    let keep = ("OS_EVENTS__KEEP".to_owned(), "30".to_owned());
    Reporter::new(&Config::load(None, std::iter::once(keep)).unwrap())
}

fn events() -> Outgoing {
    reporter().recorded([(Origin::of("p1", "req-1"), Value::Null)].into_iter(), NOW)
}

/// Submits a call and drops it before it can be committed.
async fn submit<T>(app: &TestApp, call: impl Future<Output = T>) {
    let mut others = Database::open(app.database.url());
    others.lock();
    let mut call = Box::pin(call);
    assert!(futures_util::poll!(call.as_mut()).is_pending());
    drop(call);
    others.unlock();
}

async fn assert_woken(what: &str, wait: impl Future<Output = ()>) {
    assert!(tokio::time::timeout(SOON, wait).await.is_ok(), "{what}");
}

/// Fails unless an abandoned call wakes those who wait for events.
async fn assert_reported<T>(what: &str, app: &TestApp, call: impl Future<Output = T>) {
    let reported = app.store.events_reported();
    tokio::pin!(reported);
    submit(app, call).await;
    assert_woken(what, reported).await;
}

/// Fails unless an abandoned call wakes those who watch the project p1.
async fn assert_watched<T>(what: &str, app: &TestApp, call: impl Future<Output = T>) {
    let watch = app.store.watch("p1");
    let recorded = watch.recorded();
    tokio::pin!(recorded);
    submit(app, call).await;
    assert_woken(what, recorded).await;
}

fn batch() -> Batch {
    Batch {
        messages: vec![message("p2", 0), message("p1", 0)].into(),
        events: events(),
        key: None,
    }
}

fn notification() -> std::sync::Arc<ingest::IngestBatch> {
    let arrival = ingest::Arrival {
        messages: vec![message("p1", 0)],
        resource: None,
        own: None,
        failure: None,
        pairs_within: None,
    };
    ingest::IngestBatch {
        now: NOW,
        owners: Vec::new(),
        arrivals: vec![arrival],
        unmatched: Vec::new(),
    }
    .into()
}

#[tokio::test]
async fn a_stream_is_woken_though_the_caller_went_away() {
    let app = TestApp::start();
    let store = &app.store;
    assert_watched("record", &app, store.record_batch(batch())).await;
    let rows = [message("p1", 1)];
    let write = store.write(move |tx: &mut Tx<'_>| import(tx, &rows));
    assert_watched("import", &app, write).await;
    let reporter = reporter();
    assert_watched("ingest", &app, store.ingest(notification(), &reporter)).await;
}

#[tokio::test]
async fn a_driver_is_woken_though_the_caller_went_away() {
    let app = TestApp::start();
    let store = &app.store;
    assert_reported("record", &app, store.record_batch(batch())).await;
    let reporter = reporter();
    assert_reported("ingest", &app, store.ingest(notification(), &reporter)).await;
    let row = message("p1", 1);
    let id = row.id;
    app.import(&[row]).await;
    let write = store.write(move |tx: &mut Tx<'_>| delete(tx, &Scope::All, id, &reporter, None, NOW));
    assert_reported("delete", &app, write).await;
    let write = store.write(|tx: &mut Tx<'_>| delivery::add(tx, &events()));
    assert_reported("purge", &app, write).await;
}

#[tokio::test]
async fn nobody_is_woken_by_what_was_undone_or_tells_of_nothing() {
    let app = TestApp::start();
    let store = &app.store;
    let (watch, reported) = (store.watch("p1"), store.events_reported());
    let recorded = watch.recorded();
    tokio::pin!(recorded, reported);
    let rows = [message("p1", 0)];
    let undone = store.write(move |tx: &mut Tx<'_>| {
        import(tx, &rows)?;
        delivery::add(tx, &events())?;
        Err::<(), _>(tidings::store::Error::NotFound)
    });
    undone.await.unwrap_err();
    store
        .write(|tx: &mut Tx<'_>| delivery::add(tx, &Outgoing::default()))
        .await
        .unwrap();
    assert!(futures_util::poll!(recorded.as_mut()).is_pending());
    assert!(futures_util::poll!(reported.as_mut()).is_pending());
}
