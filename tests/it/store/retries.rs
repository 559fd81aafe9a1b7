//! Temporary refusals of a server, and false successes. Only with `TEST_DATABASE_URL`.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use futures_util::future::{join, join_all};
use tidings::message::Message;
use tidings::store::message::{count, import};
use tidings::store::{Error, Recorded, Store, lease};
use tidings::telemetry::Metrics;

use super::server::{batch, is_postgres, keyed, kill_all, open, open_with, remote, settings};
use crate::support::{Database, Fresh, RecordBatch, message, wait_for};

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
    assert!(
        runs.load(Ordering::Relaxed) > 2,
        "one of them at least was the victim of a deadlock"
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
    assert_eq!(store.read(|read| count(read)).await, Ok(0));
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
        // MariaDB has no deferred constraints; COMMIT itself fails only on Galera.
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
        // With a key there are several statements, so the failure comes at COMMIT.
        store.record_batch(if number % 2 == 1 {
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
    assert_eq!(store.read(|read| count(read)).await, Ok(39));
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
            one.record_batch(keyed(first, scope)),
            other.record_batch(keyed(second, scope)),
        )
        .await;
        match outcomes {
            (Ok(Recorded::New), Ok(Recorded::Before(before))) => assert_eq!(before.ids, ids[..1]),
            (Ok(Recorded::Before(before)), Ok(Recorded::New)) => assert_eq!(before.ids, ids[1..]),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(one.read(|read| count(read)).await, Ok(40));
    one.close();
    other.close();
}

/// Runs statements directly, up to the one that sleeps; the rest in parallel to what follows.
fn meanwhile(database: &Arc<Fresh>, sql: String) -> std::thread::JoinHandle<()> {
    let mut looking = Database::open(database.url());
    let sleeping = if is_postgres(database) {
        "pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    } else {
        "information_schema.processlist WHERE db = DATABASE() AND state = 'User sleep'"
    };
    let database = database.clone();
    let other = std::thread::spawn(move || database.execute(&sql));
    wait_for("their sleep", || (looking.count(sleeping) > 0).then_some(()));
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_whose_commit_is_a_deadlocks_victim_are_recorded_all_the_same() {
    let Some(database) = remote() else { return };
    let database = Arc::new(database);
    let store = open(database.url());
    let wanted = message("p1", 0);
    let id = wanted.id.simple().to_string();
    let key = "05".repeat(32);
    // MariaDB spares the transaction that did more, PostgreSQL the one that waited less: in both cases this one.
    let sql = if is_postgres(&database) {
        format!(
            "BEGIN; INSERT INTO messages (project_id, created_at, id, event_id, request_id, message_level) \
             VALUES ('other', 1, '\\x{id}', 'e', 'r', 'l'); SELECT pg_sleep(0.7); \
             INSERT INTO idempotency_keys VALUES ('\\x{key}', '', '', 1, 'r', 1); ROLLBACK"
        )
    } else {
        format!(
            "BEGIN; INSERT INTO messages (project_id, created_at, id, event_id, request_id, message_level) \
             SELECT 'other', seq, UNHEX(MD5(seq)), 'e', 'r', 'l' FROM seq_1_to_500; \
             INSERT INTO messages (project_id, created_at, id, event_id, request_id, message_level) \
             VALUES ('other', 1, X'{id}', 'e', 'r', 'l'); DO SLEEP(0.7); \
             INSERT INTO idempotency_keys VALUES (X'{key}', X'{key}', '', 1, 'r', 1); ROLLBACK"
        )
    };
    let other = meanwhile(&database, sql);
    let beside = (0..5).map(|number| store.record_batch(keyed(message("p1", number), 10)));
    let (recorded, beside) = join(store.record_batch(keyed(wanted, 5)), join_all(beside)).await;
    other.join().unwrap();
    assert_eq!(recorded, Ok(Recorded::New));
    let new = |outcome: &&Result<Recorded, Error>| **outcome == Ok(Recorded::New);
    assert_eq!(beside.iter().filter(new).count(), 1, "{beside:?}");
    assert_eq!(store.read(|read| count(read)).await, Ok(2));
    assert_eq!(database.number("SELECT count(*) FROM idempotency_keys"), 2);
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_is_held_for_too_long_is_asked_for_again() {
    let Some(database) = remote() else { return };
    let database = Arc::new(database);
    let store = open_with(database.url(), &[("BUSY_TIMEOUT", "1")]);
    store.write(|tx| lease::take(tx, "a", "x", 0, 1)).await.unwrap();
    let sleep = if is_postgres(&database) {
        "SELECT pg_sleep(2.6)"
    } else {
        "DO SLEEP(2.6)"
    };
    let other = meanwhile(
        &database,
        format!("BEGIN; UPDATE leases SET holder = 'y'; {sleep}; ROLLBACK"),
    );
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let taken = store.write(move |tx| {
        counted.fetch_add(1, Ordering::Relaxed);
        lease::take(tx, "a", "z", 10, 10)
    });
    assert_eq!(taken.await, Ok(()));
    assert!(runs.load(Ordering::Relaxed) > 1);
    other.join().unwrap();
    store.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_gives_up_for_another_is_run_again_whatever_its_words_are() {
    let Some(database) = remote() else { return };
    let store = open(database.url());
    // The first two statements fail; a sequence advances despite rollbacks.
    database.execute(if is_postgres(&database) {
        "CREATE SEQUENCE tries; CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('tries') <= 2 THEN RAISE EXCEPTION 'in some language' USING ERRCODE = '40001'; END IF; \
         RETURN NULL; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
    } else {
        // A cluster only allows sequences whose increments leave room for the other nodes.
        "CREATE SEQUENCE tries INCREMENT BY 0 NOCACHE; CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW \
         BEGIN IF NEXT VALUE FOR tries <= 2 * @@auto_increment_increment THEN \
         SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'in some language'; END IF; END"
    });
    assert_eq!(
        store.record_batch(batch(vec![message("p1", 0)])).await,
        Ok(Recorded::New)
    );
    assert_eq!(store.read(|read| count(read)).await, Ok(1));
    store.close();
}

/// Whether the server accepts writes; it does again at the end in any case.
struct Writable {
    database: Arc<Fresh>,
    set: fn(&Fresh, bool),
}

impl Drop for Writable {
    fn drop(&mut self) {
        (self.set)(&self.database, true);
    }
}

fn set_on_postgres(database: &Fresh, is_writable: bool) {
    let (_, name) = database.url().rsplit_once('/').unwrap();
    database.execute(&format!(
        "BEGIN READ WRITE; ALTER DATABASE {name} SET default_transaction_read_only = {}; COMMIT",
        !is_writable
    ));
    kill_all(database);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_only_reads_is_unavailable_to_writers_until_it_writes_again() {
    let Some(database) = remote() else { return };
    // On MariaDB the whole server becomes read-only: see `switchover`.
    if is_postgres(&database) {
        let url = database.url().to_owned();
        stop_writing_for_a_while(database, &url, set_on_postgres).await;
    }
}

/// Makes a database read-only in the middle of a transaction. `set` changes whether it accepts writes.
pub async fn stop_writing_for_a_while(database: Fresh, url: &str, set: fn(&Fresh, bool)) {
    let database = Arc::new(database);
    let store = open(url);
    let server = Arc::new(Writable { database, set });
    let (inside, rows) = (server.clone(), [message("p1", 0)]);
    let written = store.write(move |tx| {
        import(tx, &rows)?;
        // It only appears at COMMIT.
        (inside.set)(&inside.database, false);
        Ok(())
    });
    assert!(matches!(written.await, Err(Error::Unavailable(_))));
    let recorded = store.record_batch(batch(vec![message("p1", 1)])).await;
    assert!(matches!(recorded, Err(Error::Unavailable(_))), "{recorded:?}");
    assert_eq!(store.read(|read| count(read)).await, Ok(0));
    let late = Store::open(&settings(url, &[]), &Metrics::new("test")).unwrap();
    assert_eq!(
        late.read(|read| count(read)).await,
        Ok(0),
        "it starts all the same"
    );
    late.close();
    (server.set)(&server.database, true);
    assert_eq!(
        store.record_batch(batch(vec![message("p1", 2)])).await,
        Ok(Recorded::New)
    );
    assert_eq!(store.read(|read| count(read)).await, Ok(1));
    store.close();
}
