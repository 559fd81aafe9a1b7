//! Group commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use futures_util::future::join_all;
use tidings::message::Scope;
use tidings::store::message::{count, delete, import};
use tidings::store::{Batch, Error, Recorded};
use uuid::Uuid;

use crate::support::{Database, Fresh, RecordBatch, TestApp, message, reporter};

fn batch(messages: Vec<tidings::message::Message>) -> Batch {
    Batch {
        messages: messages.into(),
        events: tidings::event::Outgoing::default(),
        key: None,
    }
}

#[tokio::test]
async fn one_that_fails_does_not_harm_those_beside_it() {
    let app = TestApp::start();
    let known = message("p1", 0);
    app.import(std::slice::from_ref(&known)).await;
    let batches = (0..50).map(|number| {
        let messages = if number == 25 {
            vec![message("p1", 1), known.clone()]
        } else {
            vec![message("p1", number)]
        };
        app.store.record_batch(batch(messages))
    });
    let outcomes = join_all(batches).await;
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Err(Error::Conflict(_)) => assert_eq!(number, 25),
            other => assert_eq!(other, Ok(Recorded::New), "{number}"),
        }
    }
    assert_eq!(
        app.store.read(|read| count(read)).await.unwrap(),
        50,
        "nothing of the failed batch is there"
    );
}

#[tokio::test]
async fn a_transaction_that_fails_leaves_nothing() {
    let app = TestApp::start();
    let rows = [message("p1", 0)];
    let failed = app.store.write(move |tx| {
        import(tx, &rows)?;
        delete(tx, &Scope::All, Uuid::nil(), &reporter(), None, 0)
    });
    assert_eq!(failed.await, Err(Error::NotFound));
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_transaction_that_panics_takes_nobody_along() {
    let app = TestApp::start();
    let rows = [message("p1", 0)];
    let panicked = app.store.write(move |tx| -> Result<(), Error> {
        import(tx, &rows)?;
        panic!("a bug");
    });
    let beside = app.store.record_batch(batch(vec![message("p1", 1)]));
    let (panicked, beside) = tokio::join!(panicked, beside);
    assert!(matches!(panicked, Err(Error::Broken(_))), "{panicked:?}");
    assert_eq!(beside, Ok(Recorded::New));
    let after = app.store.record_batch(batch(vec![message("p1", 2)]));
    assert_eq!(after.await, Ok(Recorded::New));
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 2);
}

#[tokio::test]
async fn a_transaction_runs_again_when_another_spoilt_their_commit() {
    let app = TestApp::start();
    let runs = Arc::new(AtomicUsize::new(0));
    let rows = [message("p1", 0)];
    let counted = runs.clone();
    let good = app.store.write(move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        import(tx, &rows)
    });
    let bad = app
        .store
        .write(|_| Err::<(), _>(Error::Broken("on purpose".to_owned())));
    let (good, bad) = futures_util::future::join(good, bad).await;
    assert_eq!((good, bad), (Ok(1), Err(Error::Broken("on purpose".to_owned()))));
    assert!((1..=2).contains(&runs.load(Ordering::Relaxed)));
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 1);
}

#[tokio::test]
async fn writes_that_share_a_transaction_run_alone_when_one_fails() {
    let app = TestApp::with(|config| config.database.max_writers = 1);
    let (free, is_free) = std::sync::mpsc::channel();
    let mut is_free = Some(is_free);
    let first = app.store.write(move |_| {
        // Meanwhile the others come.
        Ok(is_free.take().map(|is_free| is_free.recv()))
    });
    let runs = Arc::new(AtomicUsize::new(0));
    let others = (0..20_i64).map(|number| {
        let (runs, rows) = (runs.clone(), [message("p1", number)]);
        app.store.write_together(format!("{number:02}"), move |tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            import(tx, &rows)?;
            if number == 10 {
                Err(Error::NotFound)
            } else {
                Ok(())
            }
        })
    });
    let release = async { free.send(()).unwrap() };
    let (_, outcomes, ()) = tokio::join!(first, join_all(others), release);
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let want = if number == 10 {
            Err(Error::NotFound)
        } else {
            Ok(())
        };
        assert_eq!(outcome, want, "{number}");
    }
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 19);
    assert!(runs.load(Ordering::Relaxed) > 25, "they shared a transaction");
}

#[tokio::test]
async fn a_full_queue_is_said_to_be_busy() {
    let app = TestApp::with(|config| config.database.max_queue = 1);
    let outcomes =
        join_all((0..200).map(|number| app.store.record_batch(batch(vec![message("p1", number)])))).await;
    let recorded = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let busy = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(Error::Busy(_))))
        .count();
    assert_eq!(recorded + busy, 200);
    assert!(busy > 0 && recorded > 0, "{recorded} recorded");
    assert_eq!(
        app.store.read(|read| count(read)).await.unwrap(),
        i64::try_from(recorded).unwrap()
    );
}

#[tokio::test]
async fn a_read_that_panics_takes_no_thread_with_it() {
    let app = TestApp::with(|config| config.database.max_pool_size = 1);
    let panicked = app
        .store
        .read(|_| -> Result<(), Error> { panic!("on purpose") })
        .await;
    assert!(matches!(panicked, Err(Error::Unavailable(_))), "{panicked:?}");
    assert_eq!(app.store.read(|read| count(read)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_closed_store_finishes_what_it_took_and_takes_no_more() {
    let app = TestApp::start();
    let record = app.store.record_batch(batch(vec![message("p1", 0)]));
    tokio::pin!(record);
    // The writer may be quick enough to have answered already.
    let taken = futures_util::poll!(record.as_mut());
    app.store.close();
    let outcome = match taken {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => record.await,
    };
    assert_eq!(outcome, Ok(Recorded::New));
    assert!(matches!(
        app.store.record_batch(batch(vec![message("p1", 1)])).await,
        Err(Error::Unavailable(_))
    ));
    assert!(matches!(
        app.store.read(|read| count(read)).await,
        Err(Error::Unavailable(_))
    ));
}

#[tokio::test]
async fn a_database_that_another_process_locks_for_too_long_refuses_writers_only() {
    let app = TestApp::with_options(&[("OS_DATABASE__BUSY_TIMEOUT", "0.1")]);
    if Fresh::is_remote() {
        return;
    }
    let mut other = Database::open(app.database.url());
    other.lock();
    let draft = serde_json::json!({ "message": { "event_id": "VOLUME_000002" } });
    let refused = app.service().post("p1", &draft).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert_eq!(app.member("p1").list("").await.ids().len(), 0);
    other.unlock();
    assert_eq!(app.service().post("p1", &draft).await.status, 201);
    assert_eq!(app.member("p1").list("").await.ids().len(), 1);
}

/// A setting of the writer's connection to SQLite.
#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

#[tokio::test]
async fn a_commit_is_on_the_disk_before_its_caller_is_answered() {
    let app = TestApp::start();
    if Fresh::is_remote() {
        return;
    }
    // 2 is FULL: each commit syncs the write-ahead log.
    for (name, want) in [("synchronous", "2"), ("journal_mode", "wal")] {
        let query = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
        let read = app.store.write(move |tx| {
            let found: Setting = sql_query(&query).get_result(tx.conn()).unwrap();
            Ok(found.value)
        });
        assert_eq!(read.await.as_deref(), Ok(want), "{name}");
    }
}
