//! Every statement of a list, claim, purge and lookup uses an index, according to the database's own EXPLAIN.
//!
//! The statements are those that the store runs: its connections are recorded while every operation is called.

mod confirmations;
mod explain;
mod failures;
mod fill;
mod follow;
mod foreign;
mod listeners;
mod lists;
mod rollups;

use std::collections::BTreeSet;
use std::sync::Arc;

use tidings::config::Config;
use tidings::event::{Outgoing, Reporter, Sinks};
use tidings::message::{Change, Position, Scope};
use tidings::store::event::{sweep_kept, sweep_pending};
use tidings::store::idempotency::IdempotencyKey;
use tidings::store::ingest::{Arrival, IngestBatch, Occurrence, Owner, Unmatched};
use tidings::store::read_state::{self, ProjectUser, Seen as SeenUntil, Undo};
use tidings::store::{
    Batch, Error, Limits, Read, Settings, Store, Timed, Tx, browser_session, delivery, idempotency, lease,
    message,
};
use tidings::telemetry::Metrics;
use uuid::Uuid;

use crate::delivery::event;
use crate::support::{Fresh, NOW, RecordBatch, message as new_message, reporter};
use explain::{Seen, plan, scan};
use fill::{FEWER, FIRST, fill};

/// The tables that statements read; a table without any shows that an operation is missing below.
pub const TABLES: [&str; 31] = [
    "attempts",
    "browser_sessions",
    "confirmations",
    "deliveries",
    "events",
    "failover_hosts",
    "failover_segments",
    "failure_notifications",
    "failure_steps",
    "failure_updates",
    "failure_vmoves",
    "follow_positions",
    "followed_rows",
    "idempotency_keys",
    "ingest_keys",
    "late_messages",
    "late_turns",
    "leases",
    "listeners",
    "messages",
    "outbox",
    "pairings",
    "pending_events",
    "read_marks",
    "read_watermarks",
    "recorded_counts",
    "recorded_until",
    "resource_owners",
    "subscription_version",
    "subscriptions",
    "unmatched_notifications",
];

/// Rows of a batch of a purge.
const BATCH: i64 = 100;

/// One reader and one writer, so that the recorded connections are the working ones.
fn open(database: &Fresh) -> Store {
    let settings = Settings::from_config(&tidings::config::Database {
        connection: database.connection(),
        ..tidings::config::Database::default()
    });
    Store::migrate(&settings.backend).unwrap();
    fill(database);
    let settings = Settings {
        readers: 1,
        writers: 1,
        limits: Limits {
            step: 500,
            // A project can be sorted, while a search of all ends soon.
            rows: 20_000,
            ..Limits::default()
        },
        ..settings
    };
    Store::open(&settings, &Metrics::new("test")).unwrap()
}

/// The id of a generated row.
fn id(number: u64) -> Uuid {
    Uuid::from_slice(format!("{number:016}").as_bytes()).unwrap()
}

/// Leases, and kinds of notifications without a rule, are few at any time: operators see a page of them in the order of their keys.
fn lists_few(text: &str) -> bool {
    let is_few = ["leases", "unmatched_notifications"]
        .iter()
        .any(|table| text.contains(table));
    is_few && text.starts_with("SELECT") && text.contains("ORDER BY") && text.contains("LIMIT")
}

fn user() -> ProjectUser {
    ProjectUser {
        project: "p1".to_owned(),
        user: "u1".to_owned(),
    }
}

fn scopes() -> [Scope; 3] {
    let some: Arc<[String]> = ["p1".to_owned(), "p2".to_owned()].into();
    [Scope::Project("p1".to_owned()), Scope::Projects(some), Scope::All]
}

async fn lookups(store: &Store) {
    let key = IdempotencyKey {
        scope: *b"00000000000000000000000000000001",
        request: [0; 32],
        request_id: "req-1".to_owned(),
        expires_at: NOW + 1,
    };
    let (asked, user) = (key.clone(), user());
    let reads = move |read: &mut Read<'_>| {
        message::show(read, &Scope::All, id(1))?;
        message::projects(read, "p1", 10)?;
        lease::list(read, 50)?;
        message::news(read, "p1", NOW - 1_000_000, &BTreeSet::new())?;
        message::positions(read, "p1", NOW - 1_000_000)?;
        idempotency::find(read, &asked, NOW)?;
        browser_session::find(read, &[0; 32], NOW)?;
        delivery::oldest(read, "driver1")?;
        delivery::claim(read, "driver1", 10)?;
        delivery::outbox_waits(read, "driver1")?;
        read_state::unread(read, &user, 100)?;
        read_state::existing(read, "p1", NOW)?;
        read_state::read_until(read, &user)?;
        read_state::unread_below(read, &user, SeenUntil::ALL, 100)?;
        read_state::has_done(read, &user)?;
        let some: Vec<Position> = read_state::positions(read, &user, &[id(1), id(101)])?;
        read_state::unread_among(read, &user, &some)?;
        let nothing = SeenUntil {
            turn: 0,
            ..SeenUntil::ALL
        };
        read_state::drop_later(read, &user, nothing, &mut some.clone())
    };
    store.read(reads).await.unwrap();
    let batch = Batch {
        messages: [new_message("p1", 1)].into(),
        events: events(),
        key: Some(key),
    };
    store.record_batch(batch).await.unwrap();
    let again = Batch {
        messages: [new_message("p1", 2)].into(),
        ..Batch::default()
    };
    let rows = again.messages.to_vec();
    let imports = move |tx: &mut Tx<'_>| {
        message::import(tx, &rows)?;
        message::correct(tx, &rows)
    };
    store.write(imports).await.unwrap();
    let batch = IngestBatch {
        now: NOW,
        owners: vec![Owner {
            resource: *id(1).as_bytes(),
            project_id: "p2".to_owned(),
            expires_at: NOW + 9,
        }],
        arrivals: vec![Arrival {
            messages: vec![new_message("p1", 3)],
            resource: Some(*id(1).as_bytes()),
            own: Some((*id(1).as_bytes(), NOW + 9)),
            failure: Some(Occurrence {
                key: *id(2).as_bytes(),
                at: NOW,
                window: 9,
            }),
            pairs_within: Some(9),
        }],
        unmatched: vec![Unmatched {
            publisher: "volume".to_owned(),
            event_type: "new.error".to_owned(),
            reason: String::new(),
        }],
    };
    let reporter = Reporter::new(&Config::default());
    store.ingest(Arc::new(batch), &reporter).await.unwrap();
}

fn events() -> Outgoing {
    Outgoing {
        events: [event("tidings.test", Uuid::now_v7(), 1)].into(),
        sinks: Arc::new(Sinks {
            targets: vec!["driver1".to_owned()],
            keeps: true,
            disabled: Vec::new(),
        }),
        ..Outgoing::default()
    }
}

async fn changes(store: &Store) {
    let user = user();
    let writes = move |tx: &mut Tx<'_>| {
        read_state::change(tx, &user, &[id(1), id(101)], Change::Read, Undo::new())?;
        let undo = Undo::new();
        read_state::mark_until(tx, &user, SeenUntil::until(NOW), NOW, undo)?;
        read_state::undo(tx, &user, &undo)?;
        for scope in scopes() {
            match message::delete(tx, &scope, id(201), &reporter(), None, NOW) {
                Ok(_) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        lease::take(tx, "lease1", "me", NOW + 1, NOW + 9)?;
        lease::release(tx, "lease1", "me")?;
        browser_session::extend(tx, &[0; 32], NOW)?;
        browser_session::delete(tx, &[0; 32])?;
        delivery::settle(tx, "driver1", &[id(1), id(101)])?;
        delivery::give_up(tx, "driver1", &[id(201)])?;
        delivery::drop_oldest(tx, "driver1", FIRST, 1, 10)?;
        delivery::drop_before(tx, FIRST + 1_000_000, 10)?;
        delivery::move_outbox(tx, "driver1", NOW)?;
        delivery::move_all_before(tx, FIRST + 1_000_000)?;
        sweep_pending(tx, &[], FIRST + 1_000_000, 10).map(drop)
    };
    store.write(writes).await.unwrap();
}

async fn purges(store: &Store) {
    let tables = [
        Timed::MESSAGES,
        Timed::KEYS,
        Timed::SESSIONS,
        Timed::CONFIRMATIONS,
        Timed::NOTIFICATIONS,
        Timed::OWNERS,
        Timed::FOLLOWED,
        Timed::PAIRINGS,
        Timed::READ_MARKS,
        Timed::LATE,
        Timed::WATERMARKS,
        Timed::COUNTS,
        Timed::UNMATCHED,
    ];
    // A few thousand rows: for half a table, a scan would be better.
    let early = FIRST + (NOW - FIRST) / 50;
    for table in tables {
        store.count_before(table, early).await.unwrap();
        let purge = store.write(move |tx| table.delete(tx, early, BATCH));
        assert_eq!(purge.await, Ok(100), "{table:?}");
    }
    store
        .write(|tx| read_state::delete_passed(tx, NOW, 1000))
        .await
        .unwrap();
    store.count_undelivered(early).await.unwrap();
    store.count_before(Timed::EVENTS, early).await.unwrap();
    let kept = store.write(move |tx| sweep_kept(tx, Position::at(i64::MIN), early, BATCH));
    assert_eq!(kept.await.map(|(deleted, _)| deleted), Ok(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_uses_an_index() {
    let database = Fresh::new();
    let store = open(&database);
    let seen = Seen::default();
    let (reader, writer) = (seen.clone(), seen.clone());
    let watch = move |read: &mut Read<'_>| {
        reader.watch(read);
        Ok(())
    };
    store.read(watch).await.unwrap();
    let watch = move |tx: &mut Tx<'_>| {
        writer.watch(tx.conn());
        Ok(())
    };
    store.write(watch).await.unwrap();
    lists::run(&store).await;
    lookups(&store).await;
    changes(&store).await;
    purges(&store).await;
    listeners::run(&store).await;
    confirmations::run(&store).await;
    failures::run(&store).await;
    follow::run(&store).await;
    rollups::run(&store).await;
    let mut statements = seen.take();
    for table in TABLES {
        let reads = |text: &String| text.contains(table);
        assert!(statements.iter().any(reads), "no statement reads {table}");
    }
    assert!(statements.len() > 80, "{} statements were seen", statements.len());
    statements.retain(|text| {
        !text.starts_with(listeners::LOOKS_AT_EACH) && !failures::reads_all(text) && !lists_few(text)
    });
    let faults = store.search(&Scope::All, move |read| {
        let mut faults = Vec::new();
        let by_type = |text: &&String| text.starts_with(failures::LOOKS_BY_TYPE);
        for statement in statements.iter().filter(by_type) {
            if !plan(read, statement, false)?
                .to_string()
                .contains(failures::BY_TYPE)
            {
                faults.push(format!("{statement}\n    does not use {}", failures::BY_TYPE));
            }
        }
        for statement in &statements {
            for without_scans in [false, true] {
                if let Some(step) = scan(read, statement, without_scans)? {
                    faults.push(format!("{statement}\n    {step}"));
                }
            }
        }
        Ok(faults)
    });
    let faults = faults.await.unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // A missing index is detected.
    let by_request = "SELECT id FROM messages WHERE request_id = 'x'";
    let found = store
        .read(move |read| scan(read, by_request, true))
        .await
        .unwrap();
    assert!(found.is_some());
    assert_eq!(
        database.count("resource_owners"),
        usize::try_from(FEWER - BATCH).unwrap()
    );
    store.close();
}
