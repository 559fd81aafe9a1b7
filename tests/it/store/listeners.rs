//! Listeners in the store: copying them and reverting their migration.

use tidings::event::{Outgoing, Sinks};
use tidings::store::delivery::{self, Terms, Then};
use tidings::store::transfer::{Endpoint, Findings, Mode, Transfer};
use tidings::store::{Settings, Store};
use tidings::telemetry::Metrics;
use uuid::Uuid;

use crate::delivery::{Outbox, TARGET, event};
use crate::support::listeners::{attempt, deliveries_of, insert_listener, report_to_listeners};
use crate::support::{Fresh, NOW, reporter};

fn settings(database: &Fresh) -> Settings {
    Settings::from_config(&tidings::config::Database {
        connection: database.connection(),
        ..tidings::config::Database::default()
    })
}

/// A walk waits for a writer, which a test's own thread must not.
async fn copy(from: &Outbox, to: &Outbox, mode: Mode) -> Vec<Findings> {
    let [from, to] = [from, to].map(|outbox| settings(&outbox.database));
    let walked = tokio::task::spawn_blocking(move || {
        let [source, target] = [&from, &to].map(|settings| Endpoint::open(&settings.backend).unwrap());
        let store = Store::open(&to, &Metrics::new("test")).unwrap();
        let found = Transfer::new(source, target, store.clone(), NOW).walk(mode, &mut || ());
        store.close();
        found.unwrap()
    });
    walked.await.unwrap()
}

fn found<'a>(tables: &'a [Findings], name: &str) -> &'a Findings {
    tables.iter().find(|found| found.table == name).unwrap()
}

/// Claims the oldest delivery and settles it so.
async fn attempt_one(outbox: &Outbox, listener: Uuid, then: Then) {
    let terms = Terms {
        now: NOW + 1,
        until: NOW + 60_000_000,
        claim: Uuid::now_v7(),
        limit: 1,
    };
    let settled = outbox.store.write(move |tx| {
        let claimed = delivery::claim_due(tx, listener, terms)?;
        let made = attempt(claimed[0].event.message_id, terms.claim, then.clone());
        delivery::settle_attempts(tx, listener, &[made], NOW)
    });
    assert_eq!(settled.await, Ok(1));
}

#[tokio::test]
async fn listeners_move_with_what_waits_for_them_and_what_was_tried() {
    let (source, target) = (Outbox::new(), Outbox::new());
    let listener = insert_listener(&source.store, &["repo.sync.start", "repo.sync.finish"]).await;
    let events = (0..3).map(|_| event("a", Uuid::now_v7(), 0)).collect();
    report_to_listeners(&source.store, &reporter(), events).await;
    attempt_one(&source, listener, Then::Retry(NOW + 9)).await;
    // A server of the target knows that nobody listens.
    let there = reporter();
    report_to_listeners(&target.store, &there, vec![]).await;
    let copied = copy(&source, &target, Mode::Insert).await;
    let missing = |name: &str| found(&copied, name).missing;
    let tables = ["listeners", "subscriptions", "deliveries", "attempts"];
    assert_eq!(tables.map(missing), [1, 2, 3, 1]);
    // The source goes on: what has changed replaces what was copied.
    attempt_one(&source, listener, Then::Delivered).await;
    let copied = copy(&source, &target, Mode::Insert).await;
    let deliveries = found(&copied, "deliveries");
    assert_eq!((deliveries.different, deliveries.missing), (1, 0));
    let verified = copy(&source, &target, Mode::Compare).await;
    assert!(verified.iter().all(Findings::is_whole), "{verified:?}");
    assert_eq!(
        deliveries_of(&source.store, listener).await,
        deliveries_of(&target.store, listener).await
    );
    report_to_listeners(&target.store, &there, vec![event("a", Uuid::now_v7(), 1)]).await;
    assert_eq!(
        deliveries_of(&target.store, listener).await.len(),
        4,
        "a server of the target has noticed the copied listener"
    );
}

#[tokio::test]
async fn what_waits_for_drivers_is_kept_when_the_listeners_go() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    outbox.report(&["a"], 0).await;
    let (of_both, sinks) = (
        reporter(),
        Sinks {
            targets: vec![TARGET.to_owned()],
            ..Sinks::default()
        },
    );
    report_to_listeners(&outbox.store, &of_both, vec![event("b", Uuid::now_v7(), 0)]).await;
    let both = Outgoing {
        events: [event("c", Uuid::now_v7(), 0)].into(),
        sinks: sinks.into(),
        subscribed: of_both.subscribers().known(),
        ..Outgoing::default()
    };
    let added = outbox.store.write(move |tx| delivery::add(tx, &both));
    added.await.unwrap();
    assert_eq!(deliveries_of(&outbox.store, listener).await.len(), 2);
    outbox.store.close();
    let backend = settings(&outbox.database).backend;
    // Newer migrations go first.
    while !Store::revert(&backend).unwrap().name.ends_with("_listeners") {}
    assert_eq!(
        outbox.database.count("pending_events"),
        2,
        "b waited for nobody but the listener"
    );
    Store::migrate(&backend).unwrap();
    let store = Store::open(&settings(&outbox.database), &Metrics::new("test")).unwrap();
    assert_eq!(store.count_waiting(TARGET, i64::MAX).await, Ok(2));
    let claim = store.read(|read| delivery::claim(read, TARGET, 10));
    assert_eq!(claim.await.unwrap().events.len(), 2);
    store.close();
}
