//! Lost connections, a server that is away and one that hangs. Only with `TEST_DATABASE_URL`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tidings::message::Scope;
use tidings::store::message::{count, import, show};
use tidings::store::{Error, Recorded, Settings, Store};
use tidings::telemetry::Metrics;

use super::server::{batch, is_postgres, keyed, kill_all, open, remote, settings};
use crate::support::{Cut, Relay, message};

#[tokio::test(flavor = "multi_thread")]
async fn killed_idle_connections_are_made_anew() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    for round in 0..3 {
        kill_all(&database);
        assert_eq!(
            store.record(batch(vec![message("p1", round)])).await,
            Ok(Recorded::New)
        );
        // Readers look before they use a connection that has rested.
        tokio::time::sleep(Duration::from_millis(600)).await;
        for _ in 0..8 {
            assert_eq!(store.read(count).await, Ok(round + 1));
        }
    }
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_whose_connection_is_killed_runs_again() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    let runs = Arc::new(AtomicUsize::new(0));
    let (counted, rows) = (runs.clone(), [message("p1", 0), message("p1", 1)]);
    let database = Arc::new(database);
    let killer = database.clone();
    let written = store.write(move |tx| {
        import(tx, &rows[..1])?;
        if counted.fetch_add(1, Ordering::Relaxed) == 0 {
            kill_all(&killer);
        }
        import(tx, &rows[1..])
    });
    assert_eq!(written.await, Ok(1));
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(store.read(count).await, Ok(2));
    store.close();
}

/// Loses the connection around a commit; the outcome must be the same whether the server got that far or not.
async fn lose_the_commit(is_passed_on: bool, has_key: bool) {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    let store = open(&relay.url(database.url()));
    let message = message("p1", 0);
    let id = message.id;
    // On PostgreSQL a batch without keys is a single statement; on MariaDB COMMIT is prepared, then executed.
    let (marker, later) = match (is_postgres(&database), has_key) {
        (true, false) => (message.request_id.clone().into_bytes(), 0),
        (true, true) => (b"COMMIT".to_vec(), 0),
        (false, _) => (b"COMMIT".to_vec(), 1),
    };
    relay.cut(Cut {
        marker,
        later,
        is_passed_on,
    });
    let record = if has_key {
        keyed(message, 1)
    } else {
        batch(vec![message])
    };
    assert_eq!(store.record(record.clone()).await, Ok(Recorded::New));
    assert!(relay.has_cut());
    assert_eq!(store.read(count).await, Ok(1));
    assert_eq!(
        store
            .read(move |conn| show(conn, &Scope::All, id).map(|row| row.id))
            .await,
        Ok(id)
    );
    if has_key {
        let again = store.record(record).await;
        assert!(
            matches!(&again, Ok(Recorded::Before(first)) if first.ids == [id]),
            "{again:?}"
        );
    }
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_found_to_stand() {
    lose_the_commit(true, false).await;
    lose_the_commit(true, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_made_up_for() {
    lose_the_commit(false, false).await;
    lose_the_commit(false, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closure_whose_commit_is_in_doubt_is_not_run_again() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    let store = open(&relay.url(database.url()));
    let later = usize::from(!is_postgres(&database));
    relay.cut(Cut {
        marker: b"COMMIT".to_vec(),
        later,
        is_passed_on: true,
    });
    let rows = [message("p1", 0)];
    let written = store.write(move |tx| import(tx, &rows)).await;
    match written {
        Err(Error::Unavailable(text)) => assert!(text.contains("not known"), "{text}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(store.read(count).await, Ok(1));
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_callers_are_told_at_once_and_later_served_again() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    let store = open(&relay.url(database.url()));
    assert_eq!(
        store.record(batch(vec![message("p1", 0)])).await,
        Ok(Recorded::New)
    );
    relay.down();
    let started = Instant::now();
    for _ in 0..20 {
        let recorded = store.record(batch(vec![message("p1", 1)])).await;
        assert!(matches!(recorded, Err(Error::Unavailable(_))), "{recorded:?}");
        let counted = store.read(count).await;
        assert!(matches!(counted, Err(Error::Unavailable(_))), "{counted:?}");
    }
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    relay.up();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        store.record(batch(vec![message("p1", 2)])).await,
        Ok(Recorded::New)
    );
    assert_eq!(store.read(count).await, Ok(2));
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_lets_its_callers_go_and_the_store_close() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    open(database.url()).close();
    let settings = Settings {
        deadline: Duration::from_millis(700),
        ..settings(&relay.url(database.url()), &[])
    };
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    relay.freeze(true);
    let started = Instant::now();
    let (recorded, counted) = tokio::join!(store.record(batch(vec![message("p1", 0)])), store.read(count));
    for failed in [recorded.err(), counted.err()] {
        let expected = Error::Unavailable("the database does not answer".to_owned());
        assert_eq!(failed, Some(expected));
    }
    let closing = store.clone();
    tokio::task::spawn_blocking(move || closing.close())
        .await
        .unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );
    relay.freeze(false);
}
