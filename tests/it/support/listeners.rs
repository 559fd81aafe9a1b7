//! Listeners in a store, without a receiver.

use tidings::event::Envelope;
use tidings::event::Reporter;
use tidings::listener::{Reach, StoredListener};
use tidings::store::confirmation::Most;
use tidings::store::delivery::{self, Attempt, DeliveryRecord, Redelivery, Then};
use tidings::store::{Store, listener};
use uuid::Uuid;

use super::NOW;

/// More addresses than any test has.
pub const MOST: Most = Most {
    unconfirmed: 1_000_000,
    confirmed: 1_000_000,
};

/// A listener of the whole cloud, or of a project.
pub fn stored_listener(id: Uuid, project: Option<&str>) -> StoredListener {
    StoredListener {
        id,
        reach: project.map_or(Reach::Cloud, |project| Reach::Project(project.to_owned())),
        name: None,
        notifier_type: "http".to_owned(),
        is_enabled: true,
        settings: "{}".to_owned(),
        secrets: None,
        created_at: NOW,
        updated_at: NOW,
        failing_since: None,
        disabled_reason: None,
    }
}

/// Inserts a listener of the whole cloud that gets these types, and returns its id.
pub async fn insert_listener(store: &Store, types: &'static [&'static str]) -> Uuid {
    insert_listener_of(store, None, types).await
}

/// The same for a project.
pub async fn insert_listener_of(
    store: &Store,
    project: Option<&str>,
    types: &'static [&'static str],
) -> Uuid {
    let stored = stored_listener(Uuid::now_v7(), project);
    let id = stored.id;
    let inserted = store.write(move |tx| listener::insert(tx, &stored, types, false));
    inserted.await.unwrap();
    id
}

/// Inserts a listener of the whole cloud whose events of one resource stay in order.
pub async fn insert_ordered_listener(store: &Store, types: &'static [&'static str]) -> Uuid {
    let stored = stored_listener(Uuid::now_v7(), None);
    let id = stored.id;
    let inserted = store.write(move |tx| listener::insert(tx, &stored, types, true));
    inserted.await.unwrap();
    id
}

/// Reports events to whoever subscribes to them.
pub async fn report_to_listeners(store: &Store, reporter: &Reporter, events: Vec<Envelope>) {
    let reporter = reporter.clone();
    let write = store.write(move |tx| {
        let events = events.clone().into();
        delivery::report(tx, &reporter, |reporter| reporter.outgoing(events))
    });
    write.await.unwrap();
}

/// Returns the deliveries of a listener, the oldest event first.
pub async fn deliveries_of(store: &Store, listener: Uuid) -> Vec<DeliveryRecord> {
    let page = store.read(move |read| delivery::page(read, listener, None, None, 10_000));
    let page = page.await.unwrap().deliveries;
    page.into_iter().rev().map(|(record, _)| record).collect()
}

/// How deliveries of a listener that may have any number are made again.
pub fn redelivery(now: i64, is_ordered: bool) -> Redelivery {
    Redelivery {
        now,
        is_ordered,
        max_pending: 100_000,
    }
}

/// An attempt that ended so.
pub fn attempt(event: Uuid, claim: Uuid, then: Then) -> Attempt {
    Attempt {
        event,
        id: Uuid::now_v7(),
        claim,
        started_at: NOW,
        milliseconds: 7,
        status: Some(200),
        answer: "ok".to_owned(),
        then,
    }
}
