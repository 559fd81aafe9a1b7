//! Claims of the deliveries of listeners: several servers share them, and what one leaves behind another takes over.

use std::collections::BTreeSet;

use tidings::event::Envelope;
use tidings::store::delivery::{self, DueDelivery, State, Terms, Then};
use tidings::store::{Error, Settings, Store};
use tidings::telemetry::Metrics;
use uuid::Uuid;

use super::{Outbox, event};
use crate::support::listeners::{
    attempt, deliveries_of, insert_listener, report_to_listeners, stored_listener,
};
use crate::support::{NOW, reporter};

const SECOND: i64 = 1_000_000;
pub const LEASE: i64 = 60 * SECOND;

/// Another server's store.
pub fn beside(outbox: &Outbox) -> Store {
    let settings = Settings::from_config(&tidings::config::Database {
        connection: outbox.database.connection(),
        ..tidings::config::Database::default()
    });
    Store::open(&settings, &Metrics::new("test")).unwrap()
}

pub async fn reported(outbox: &Outbox, count: usize) -> (Uuid, Vec<Uuid>) {
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
    let events = ids.iter().map(|id| event("a", *id, 0)).collect();
    report_to_listeners(&outbox.store, &reporter(), events).await;
    (listener, ids)
}

pub async fn claim(store: &Store, listener: Uuid, now: i64, limit: usize) -> Vec<DueDelivery> {
    let terms = Terms {
        now,
        until: now + LEASE,
        claim: Uuid::now_v7(),
        limit,
    };
    let claimed = store.write(move |tx| delivery::claim_due(tx, listener, terms));
    claimed.await.unwrap()
}

pub async fn settle(store: &Store, listener: Uuid, claimed: &[DueDelivery], then: Then, now: i64) -> usize {
    let of = |one: &DueDelivery| attempt(one.event.message_id, one.claim, then.clone());
    let made: Vec<_> = claimed.iter().map(of).collect();
    let settled = store.write(move |tx| delivery::settle_attempts(tx, listener, &made, now));
    settled.await.unwrap()
}

pub fn ids(claimed: &[DueDelivery]) -> Vec<Uuid> {
    claimed.iter().map(|one| one.event.message_id).collect()
}

/// Claims and delivers until nothing is due; returns the events.
async fn work(store: Store, listener: Uuid) -> Vec<Uuid> {
    let mut got = Vec::new();
    loop {
        let claimed = claim(&store, listener, NOW, 20).await;
        if claimed.is_empty() {
            return got;
        }
        got.extend(ids(&claimed));
        let settled = settle(&store, listener, &claimed, Then::Delivered, NOW).await;
        assert_eq!(settled, claimed.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_a_thousand_deliveries_and_none_is_claimed_twice() {
    let outbox = Outbox::new();
    let (listener, reported) = reported(&outbox, 1000).await;
    let other = beside(&outbox);
    let first = claim(&outbox.store, listener, NOW, 20).await;
    let second = claim(&other, listener, NOW, 20).await;
    let mut got = [ids(&first), ids(&second)].concat();
    let one = tokio::spawn(work(outbox.store.clone(), listener));
    let two = tokio::spawn(work(other.clone(), listener));
    got.extend(one.await.unwrap());
    got.extend(two.await.unwrap());
    // A server that passes over locked rows may find nothing while the other still works.
    got.extend(work(other.clone(), listener).await);
    assert_eq!(got.len(), 1000);
    assert_eq!(BTreeSet::from_iter(got), BTreeSet::from_iter(reported));
    settle(&other, listener, &first, Then::Delivered, NOW).await;
    settle(&other, listener, &second, Then::Delivered, NOW).await;
    let done = deliveries_of(&outbox.store, listener).await;
    assert!(
        done.iter()
            .all(|one| one.state == State::Delivered && one.attempts == 1)
    );
    other.close();
}

#[tokio::test]
async fn what_a_dead_server_has_claimed_is_taken_over_when_its_lease_ends() {
    let outbox = Outbox::new();
    let (listener, reported) = reported(&outbox, 3).await;
    let dead = claim(&outbox.store, listener, NOW, 10).await;
    assert_eq!(ids(&dead), reported);
    assert_eq!(claim(&outbox.store, listener, NOW + LEASE - 1, 10).await, []);
    let taken = claim(&outbox.store, listener, NOW + LEASE, 10).await;
    assert_eq!(ids(&taken), reported);
    // It was not dead but slow. What failed is left to the other, what arrived has arrived.
    let late = settle(&outbox.store, listener, &dead[..1], Then::Retry(NOW), NOW + LEASE);
    assert_eq!(late.await, 0);
    let late = settle(&outbox.store, listener, &dead[1..2], Then::Delivered, NOW + LEASE);
    assert_eq!(late.await, 1);
    assert_eq!(claim(&outbox.store, listener, NOW + LEASE, 10).await, []);
    let settled = settle(&outbox.store, listener, &taken, Then::Delivered, NOW + LEASE);
    assert_eq!(settled.await, 2, "one was settled before");
    let attempts = outbox
        .store
        .read(move |read| delivery::attempts(read, listener, reported[0]));
    let made: Vec<bool> = attempts
        .await
        .unwrap()
        .iter()
        .map(|one| one.is_delivered)
        .collect();
    assert_eq!(made, [false, true], "each attempt is on record");
}

/// The next claim may be of the same server.
#[tokio::test]
async fn a_failure_that_is_reported_late_does_not_end_the_next_claim() {
    let outbox = Outbox::new();
    let (listener, _) = reported(&outbox, 1).await;
    let early = claim(&outbox.store, listener, NOW, 1).await;
    let next = claim(&outbox.store, listener, NOW + LEASE, 1).await;
    let settled = settle(&outbox.store, listener, &early, Then::Retry(NOW), NOW + LEASE);
    assert_eq!(settled.await, 0);
    assert_eq!(claim(&outbox.store, listener, NOW + LEASE, 1).await, []);
    let settled = settle(
        &outbox.store,
        listener,
        &next,
        Then::Dead("refused".to_owned()),
        NOW + LEASE,
    );
    assert_eq!(settled.await, 1);
    let record = &deliveries_of(&outbox.store, listener).await[0];
    assert_eq!(
        (record.state, record.reason.as_deref()),
        (State::Dead, Some("refused"))
    );
}

#[tokio::test]
async fn a_delivery_whose_event_is_missing_becomes_a_dead_letter() {
    let outbox = Outbox::new();
    let (listener, reported) = reported(&outbox, 2).await;
    outbox.database.execute("DELETE FROM pending_events");
    assert_eq!(claim(&outbox.store, listener, NOW, 10).await, []);
    let records = deliveries_of(&outbox.store, listener).await;
    assert!(records.iter().all(|one| one.state == State::Dead));
    let (id, now) = (reported[0], NOW);
    let again = outbox
        .store
        .write(move |tx| delivery::dismiss(tx, listener, id, "seen"));
    assert_eq!(again.await.unwrap().state, State::Dismissed);
    let claimed = outbox
        .store
        .write(move |tx| delivery::dismiss(tx, listener, id, "again").map(|_| now));
    assert!(matches!(claimed.await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn the_next_of_a_resource_does_not_wait_for_one_that_is_missing() {
    let outbox = Outbox::new();
    let stored = stored_listener(Uuid::now_v7(), None);
    let listener = stored.id;
    let inserted = outbox
        .store
        .write(move |tx| tidings::store::listener::insert(tx, &stored, &["repo.sync.start"], true));
    inserted.await.unwrap();
    for _ in 0..2 {
        report_to_listeners(&outbox.store, &reporter(), vec![event("a", Uuid::now_v7(), 0)]).await;
        outbox
            .database
            .execute("DELETE FROM pending_events WHERE (SELECT count(*) FROM deliveries) = 1");
    }
    assert_eq!(claim(&outbox.store, listener, NOW, 10).await, []);
    assert_eq!(claim(&outbox.store, listener, NOW, 10).await.len(), 1);
}

/// As after a commit whose answer was lost.
#[tokio::test]
async fn attempts_are_settled_once_however_often_that_is_tried() {
    let outbox = Outbox::new();
    let (listener, _) = reported(&outbox, 2).await;
    let claimed = claim(&outbox.store, listener, NOW, 2).await;
    let ends = [Then::Delivered, Then::Retry(NOW + LEASE)];
    let made: Vec<_> = claimed
        .iter()
        .zip(ends)
        .map(|(one, then)| attempt(one.event.message_id, one.claim, then))
        .collect();
    for expected in [2, 0] {
        let made = made.clone();
        let settled = outbox
            .store
            .write(move |tx| delivery::settle_attempts(tx, listener, &made, NOW));
        assert_eq!(settled.await, Ok(expected));
    }
    let records = deliveries_of(&outbox.store, listener).await;
    assert!(records.iter().all(|record| record.attempts == 1));
    assert_eq!(outbox.database.count("attempts"), 2);
}

#[tokio::test]
async fn an_attempt_of_a_listener_that_was_deleted_meanwhile_leaves_nothing() {
    let outbox = Outbox::new();
    let (listener, _) = reported(&outbox, 1).await;
    let claimed = claim(&outbox.store, listener, NOW, 1).await;
    let deleted = outbox
        .store
        .write(move |tx| tidings::store::listener::delete(tx, listener));
    deleted.await.unwrap();
    let settled = settle(&outbox.store, listener, &claimed, Then::Delivered, NOW).await;
    assert_eq!((settled, outbox.database.count("attempts")), (0, 0));
}

#[tokio::test]
async fn a_claim_by_size_gives_back_what_is_too_much() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    let payload = format!(r#"{{"x":"{}"}}"#, "y".repeat(1000));
    let long = |_| Envelope {
        payload: payload.clone(),
        ..event("a", Uuid::now_v7(), 0)
    };
    report_to_listeners(&outbox.store, &reporter(), (0..5).map(long).collect()).await;
    for expected in [2, 2, 1, 0] {
        let terms = Terms {
            now: NOW,
            until: NOW + LEASE,
            claim: Uuid::now_v7(),
            limit: 10,
        };
        let claimed = outbox
            .store
            .write(move |tx| delivery::claim_within(tx, listener, terms, 1500));
        assert_eq!(claimed.await.unwrap().len(), expected);
    }
}

#[tokio::test]
async fn of_many_attempts_the_newest_are_kept() {
    let outbox = Outbox::new();
    let (listener, reported) = reported(&outbox, 1).await;
    for _ in 0..60 {
        let claimed = claim(&outbox.store, listener, NOW, 1).await;
        settle(&outbox.store, listener, &claimed, Then::Retry(NOW), NOW).await;
    }
    assert_eq!(outbox.database.count("attempts"), 50);
    let record = outbox
        .store
        .read(move |read| delivery::record(read, listener, reported[0]));
    assert_eq!(record.await.unwrap().attempts, 60);
}
