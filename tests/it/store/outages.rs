//! Lost connections, and servers that are down or hang. Only with `TEST_DATABASE_URL`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use tidings::message::{Message, Scope};
use tidings::store::message::{count, import, show};
use tidings::store::{Conn, Error, Limits, Read, Recorded, Settings, Store, Timed};
use tidings::telemetry::Metrics;

use super::server::{batch, is_postgres, keyed, kill_all, open, remote, settings};
use crate::support::{AT_ONCE, Cut, NOW, RecordBatch, Relay, SOON, let_pass, message, until};

#[tokio::test(flavor = "multi_thread")]
async fn killed_idle_connections_are_made_anew() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    for round in 0..3 {
        kill_all(&database);
        assert_eq!(
            store.record_batch(batch(vec![message("p1", round)])).await,
            Ok(Recorded::New)
        );
        for _ in 0..8 {
            assert_eq!(store.read(|read| count(read)).await, Ok(round + 1));
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
    assert_eq!(store.read(|read| count(read)).await, Ok(2));
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_connection_is_killed_runs_again() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    let (database, runs) = (Arc::new(database), Arc::new(AtomicUsize::new(0)));
    let work = || {
        let (database, runs) = (database.clone(), runs.clone());
        move |read: &mut Read<'_>| {
            count(read)?;
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                kill_all(&database);
            }
            count(read)
        }
    };
    assert_eq!(store.read(work()).await, Ok(0));
    assert_eq!(runs.swap(0, Ordering::Relaxed), 2);
    assert_eq!(store.search(&Scope::All, work()).await, Ok(0));
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_the_server_gave_up_runs_again_unless_it_took_too_long() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    let deadlock = Error::Busy("deadlock detected".to_owned());
    let slow = Error::Unavailable("canceling statement due to statement timeout".to_owned());
    for (error, wanted, runs) in [(deadlock, Ok(0), 3), (slow.clone(), Err(slow), 1)] {
        let attempts = Arc::new(AtomicUsize::new(0));
        let counted = attempts.clone();
        let read = store.read(move |read| {
            if counted.fetch_add(1, Ordering::Relaxed) < 2 {
                return Err(error.clone());
            }
            count(read)
        });
        assert_eq!(read.await, wanted);
        assert_eq!(attempts.load(Ordering::Relaxed), runs);
    }
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_the_statements_of_readers_in_time_and_those_of_commands_never() {
    let Some(database) = remote() else { return };
    let longest = Duration::from_millis(200);
    for (time, is_ended) in [(Some(longest), true), (None, false)] {
        let limits = Limits { time, ..Limits::NONE };
        let settings = Settings {
            limits,
            ..settings(database.url(), &[])
        };
        Store::migrate(&settings.backend).unwrap();
        let store = Store::open(&settings, &Metrics::new("test")).unwrap();
        let sleep = if is_postgres(&database) {
            "SELECT pg_sleep(0.6)"
        } else {
            "SELECT SLEEP(0.6)"
        };
        let ended = store
            .read(move |read| Ok(read.batch_execute(sleep).is_err()))
            .await;
        assert_eq!(ended, Ok(is_ended), "{time:?}");
        store.close();
    }
}

/// Loses the connection around a commit; the outcome must be the same whether or not the server got that far.
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
    assert_eq!(store.record_batch(record.clone()).await, Ok(Recorded::New));
    assert!(relay.has_cut());
    assert_eq!(store.read(|read| count(read)).await, Ok(1));
    assert_eq!(
        store
            .read(move |conn| show(conn, &Scope::All, id).map(|row| row.id))
            .await,
        Ok(id)
    );
    if has_key {
        let again = store.record_batch(record).await;
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
        Err(Error::Unavailable(text)) => assert!(text.contains("unknown whether"), "{text}"),
        other => panic!("{other:?}"),
    }
    // The server is still working on it.
    until("the commit", async || {
        store.read(|read| count(read)).await == Ok(1)
    })
    .await;
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_callers_are_told_at_once_and_later_served_again() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    let store = open(&relay.url(database.url()));
    assert_eq!(
        store.record_batch(batch(vec![message("p1", 0)])).await,
        Ok(Recorded::New)
    );
    relay.down();
    let started = Instant::now();
    for _ in 0..20 {
        let recorded = store.record_batch(batch(vec![message("p1", 1)])).await;
        assert!(matches!(recorded, Err(Error::Unavailable(_))), "{recorded:?}");
        let counted = store.read(|read| count(read)).await;
        assert!(matches!(counted, Err(Error::Unavailable(_))), "{counted:?}");
    }
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    relay.up();
    let last = batch(vec![message("p1", 2)]);
    until("service", async || {
        store.record_batch(last.clone()).await == Ok(Recorded::New)
    })
    .await;
    assert_eq!(store.read(|read| count(read)).await, Ok(2));
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
    let (recorded, counted) = tokio::join!(
        store.record_batch(batch(vec![message("p1", 0)])),
        store.read(|read| count(read))
    );
    for failed in [recorded.err(), counted.err()] {
        let expected = Error::Unavailable("the database does not answer".to_owned());
        assert_eq!(failed, Some(expected));
    }
    let closing = store.clone();
    tokio::task::spawn_blocking(move || closing.close())
        .await
        .unwrap();
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    relay.freeze(false);
}

/// Work in progress when the server hung may still succeed; what only waited behind it was answered with an error, and
/// its caller may have resent it.
#[tokio::test(flavor = "multi_thread")]
async fn what_waited_past_the_deadline_is_not_written_later() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    open(database.url()).close();
    let settings = Settings {
        deadline: Duration::from_millis(700),
        writers: 1,
        ..settings(&relay.url(database.url()), &[])
    };
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    relay.freeze(true);
    let under_way = tokio::spawn({
        let store = store.clone();
        async move { store.record_batch(batch(vec![message("p1", 0)])).await }
    });
    let_pass(Duration::from_millis(200)).await;
    let rows = [message("p1", 3)];
    let (first, second, third) = tokio::join!(
        store.record_batch(batch(vec![message("p1", 1)])),
        store.record_batch(keyed(message("p1", 2), 1)),
        store.write(move |tx| import(tx, &rows)),
    );
    for failed in [first.err(), second.err(), third.err()] {
        assert!(matches!(failed, Some(Error::Unavailable(_))), "{failed:?}");
    }
    assert!(under_way.await.unwrap().is_err());
    relay.freeze(false);
    let deadline = Instant::now() + SOON;
    while store.record_batch(keyed(message("p2", 4), 2)).await.is_err() {
        assert!(Instant::now() < deadline, "the store is not back");
    }
    let of_p1 = store
        .count_messages(Scope::Project("p1".to_owned()), 1000)
        .await
        .unwrap();
    assert!(of_p1 <= 1, "{of_p1} of p1 are there");
    store.close();
}

/// As when another host takes over the address of one that lost power: TCP alone would wait for a quarter of an hour.
#[tokio::test(flavor = "multi_thread")]
async fn threads_that_hang_are_replaced_when_new_connections_can_be_made() {
    let Some(database) = remote() else { return };
    let relay = Relay::to(database.url());
    open(database.url()).close();
    let settings = Settings {
        deadline: Duration::from_millis(300),
        writers: 1,
        readers: 2,
        ..settings(&relay.url(database.url()), &[])
    };
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    // One more than the number of threads that may be abandoned at once.
    for outage in 0..4 {
        relay.abandon();
        let deadline = Instant::now() + SOON;
        while store
            .record_batch(batch(vec![message("p1", outage)]))
            .await
            .is_err()
            || store.search(&Scope::All, |read| count(read)).await.is_err()
        {
            assert!(Instant::now() < deadline, "the store is not back");
        }
    }
    store.close();
    // The server's remains of them would keep the database from being dropped.
    relay.down();
    let closed = Error::Unavailable("the store is closed".to_owned());
    assert_eq!(store.read(|read| count(read)).await, Err(closed));
}

/// A read that fails with an unknown error, or panics, may leave its connection in any state.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_behaves_oddly_is_not_used_again() {
    let Some(database) = remote() else { return };
    open(database.url()).close();
    let settings = Settings {
        readers: 1,
        ..settings(database.url(), &[])
    };
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    // A temporary table identifies the connection.
    let mark = |conn: &mut Conn| {
        conn.batch_execute("CREATE TEMPORARY TABLE mark (id INT)")
            .map_err(|error| Error::Conflict(error.to_string()))
    };
    assert_eq!(store.read(move |read| mark(read)).await, Ok(()));
    assert!(
        matches!(store.read(move |read| mark(read)).await, Err(Error::Conflict(_))),
        "the same one"
    );
    let broken = store.read(|_| Err::<(), _>(Error::Broken("Packets out of order".to_owned())));
    assert!(broken.await.is_err());
    assert_eq!(store.read(move |read| mark(read)).await, Ok(()), "a new one");
    let panicked = store.read(|_| -> Result<(), Error> { panic!("on purpose") });
    assert!(panicked.await.is_err());
    assert_eq!(store.read(move |read| mark(read)).await, Ok(()), "a new one");
    store.close();
}

/// MariaDB takes at most 65535 values in a statement; the size of a batch is configurable.
#[tokio::test(flavor = "multi_thread")]
async fn more_is_purged_at_once_than_a_statement_takes_values() {
    let Some(database) = remote() else { return };
    open(database.url()).close();
    let rows: Vec<_> = (0..66_000)
        .map(|_| Message {
            expires_at: Some(NOW),
            ..message("p1", 0)
        })
        .collect();
    let settings = Settings {
        deadline: Duration::from_mins(3),
        ..settings(database.url(), &[])
    };
    let store = Store::open(&settings, &Metrics::new("test")).unwrap();
    assert_eq!(store.record_batch(batch(rows)).await, Ok(Recorded::New));
    let deleted = store
        .write(|tx| Timed::MESSAGES.delete(tx, NOW + 1, 70_000))
        .await;
    assert_eq!(deleted, Ok(66_000));
    assert_eq!(store.read(|read| count(read)).await, Ok(0));
    store.close();
}
