//! What a database server can do to a writer: lost connections, deadlocks, failures that only COMMIT shows, two servers
//! with one key. Only with `TEST_DATABASE_URL`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use tidings::config::Config;
use tidings::message::{Message, Scope};
use tidings::store::idempotency::Key;
use tidings::store::message::{count, import, show};
use tidings::store::{Batch, Error, Recorded, Settings, Store, lease};
use tidings::telemetry::Metrics;

use crate::support::{Cut, Fresh, NOW, Relay, message};

fn batch(messages: Vec<Message>) -> Batch {
    Batch { messages, key: None }
}

fn keyed(message: Message, scope: u8) -> Batch {
    let key = Key {
        scope: [scope; 32],
        request: [7; 32],
        request_id: "req-1".to_owned(),
        expires_at: NOW + 1_000_000_000,
    };
    Batch {
        messages: vec![message],
        key: Some(key),
    }
}

fn open(url: &str) -> Store {
    let variable = ("OS_DATABASE__CONNECTION".to_owned(), url.to_owned());
    let config = Config::load(None, std::iter::once(variable)).unwrap();
    let settings = Settings::from_config(&config.database);
    Store::migrate(&settings.backend).unwrap();
    Store::open(&settings, &Metrics::new("test")).unwrap()
}

fn is_postgres(database: &Fresh) -> bool {
    database.url().starts_with("postgres")
}

/// Ends every connection to the database, as an operator would.
fn kill_all(database: &Fresh) {
    if is_postgres(database) {
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
        return;
    }
    database.execute(
        "BEGIN NOT ATOMIC DECLARE done INT DEFAULT 0; DECLARE target BIGINT; \
         DECLARE others CURSOR FOR SELECT id FROM information_schema.processlist \
         WHERE db = DATABASE() AND id <> CONNECTION_ID(); \
         DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; OPEN others; \
         killing: LOOP FETCH others INTO target; IF done THEN LEAVE killing; END IF; \
         KILL target; END LOOP; END",
    );
}

/// The database, unless the tests run on SQLite.
fn remote() -> Option<Fresh> {
    Fresh::is_remote().then(Fresh::new)
}

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

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_block_each_other_both_come_through() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    for name in ["a", "b"] {
        store
            .write(move |tx| lease::take(tx, name, "x", 0, 1))
            .await
            .unwrap();
    }
    let (both, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let cross = |first: &'static str, second: &'static str| {
        let (both, runs) = (both.clone(), runs.clone());
        let mut is_first = true;
        store.write(move |tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            lease::take(tx, first, first, 10, 10)?;
            if std::mem::take(&mut is_first) {
                both.wait();
            }
            lease::take(tx, second, first, 10, 10)
        })
    };
    let (one, other) = join(cross("a", "b"), cross("b", "a")).await;
    assert_eq!((one, other), (Ok(()), Ok(())));
    assert_eq!(
        runs.load(Ordering::Relaxed),
        3,
        "one of them was the victim of a deadlock"
    );
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_a_closure_passes_over_is_not_committed() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    let wrong = Message {
        event_id: "\0".repeat(300),
        ..message("p1", 0)
    };
    let rows = [message("p1", 0)];
    let written = store.write(move |tx| {
        import(tx, &rows)?;
        let failed = import(tx, std::slice::from_ref(&wrong));
        assert!(failed.is_err());
        Ok(())
    });
    assert!(matches!(written.await, Err(Error::Busy(_))));
    assert_eq!(store.read(count).await, Ok(0));
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_only_commit_shows_harms_nobody_else() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    if is_postgres(&database) {
        database.execute(
            "ALTER TABLE messages ADD CONSTRAINT once UNIQUE (request_id) DEFERRABLE INITIALLY DEFERRED",
        );
    } else {
        // MariaDB has no deferred constraints; COMMIT itself fails on Galera only.
        database.execute("ALTER TABLE messages ADD CONSTRAINT once UNIQUE (request_id)");
    }
    let same = |number: u8| Message {
        request_id: "req-same".to_owned(),
        ..message("p1", i64::from(number))
    };
    let batches = (0..40_u8).map(|number| {
        let is_same = number == 3 || number == 33;
        let message = if is_same {
            same(number)
        } else {
            message("p1", i64::from(number))
        };
        // With a key the messages are one of several statements, so that the failure comes at COMMIT.
        store.record(if number % 2 == 1 {
            keyed(message, number)
        } else {
            batch(vec![message])
        })
    });
    let outcomes = join_all(batches).await;
    let failed = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(Error::Conflict(_))))
        .count();
    let recorded = outcomes
        .iter()
        .filter(|outcome| **outcome == Ok(Recorded::New))
        .count();
    assert_eq!((recorded, failed), (39, 1), "{outcomes:?}");
    assert_eq!(store.read(count).await, Ok(39));
    assert_eq!(database.number("SELECT count(*) FROM idempotency_keys"), 19);
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_with_one_key_make_one_message() {
    let Some(database) = remote() else { return };
    let (one, other) = (open(database.url()), open(database.url()));
    for scope in 0..40 {
        let (first, second) = (message("p1", 0), message("p1", 1));
        let ids = [first.id, second.id];
        let outcomes = join(
            one.record(keyed(first, scope)),
            other.record(keyed(second, scope)),
        )
        .await;
        match outcomes {
            (Ok(Recorded::New), Ok(Recorded::Before(before))) => assert_eq!(before.ids, ids[..1]),
            (Ok(Recorded::Before(before)), Ok(Recorded::New)) => assert_eq!(before.ids, ids[1..]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(one.read(count).await, Ok(40));
    one.close();
    other.close();
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
