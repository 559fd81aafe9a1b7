//! What waits for listeners is bounded, and no wrong clock delays it.

use tidings::clock::ManualClock;
use tidings::config::Config;
use tidings::delivery::Backlogs;
use tidings::event::Reporter;
use tidings::store::delivery::{self, State, Terms, Then};
use tidings::telemetry::ListenerMetrics;
use tidings::worker::{Next, Worker};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Outbox, event};
use crate::support::listeners::{attempt, deliveries_of, insert_listener, report_to_listeners};
use crate::support::{NOW, reporter};

const HOUR: i64 = 3_600_000_000;

fn backlogs(outbox: &Outbox, clock: &ManualClock) -> Backlogs {
    let mut config = Config::default();
    config.listeners.max_pending = 5;
    Backlogs::new(
        &config,
        outbox.store.clone(),
        clock.clock(),
        ListenerMetrics::default(),
    )
}

async fn look(backlogs: &mut Backlogs) {
    assert!(matches!(
        backlogs.step(&CancellationToken::new()).await,
        Next::Rest(_)
    ));
}

async fn report(outbox: &Outbox, reporter: &Reporter, count: usize, seconds: i64) {
    let events = (0..count).map(|_| event("a", Uuid::now_v7(), seconds)).collect();
    report_to_listeners(&outbox.store, reporter, events).await;
}

#[tokio::test]
async fn what_waits_and_what_is_dead_is_counted_by_notifier() {
    let outbox = Outbox::new();
    let (metrics, clock) = (ListenerMetrics::default(), ManualClock::new(NOW));
    let mut config = Config::default();
    config.listeners.max_pending = 5;
    let mut backlogs = Backlogs::new(&config, outbox.store.clone(), clock.clock(), metrics.clone());
    let counted = || {
        let of = |notifier| ["waiting", "dead"].map(|state| metrics.deliveries(notifier, state).get());
        [of("http"), of("pull"), of("email")]
    };
    look(&mut backlogs).await;
    assert_eq!(counted(), [[0, 0]; 3]);
    let reporter = reporter();
    let (sent, fetched) = (
        insert_listener(&outbox.store, &["repo.sync.start"]).await,
        insert_listener(&outbox.store, &["repo.sync.start"]).await,
    );
    let id = outbox.database.bytes(&fetched.simple().to_string());
    outbox.database.execute(&format!(
        "UPDATE listeners SET notifier_type = 'pull' WHERE id = {id}"
    ));
    report(&outbox, &reporter, 5, 0).await;
    look(&mut backlogs).await;
    assert_eq!(counted(), [[5, 0], [5, 0], [0, 0]]);
    // Those that are dead from the start count, too, and what waits for a disabled listener.
    report(&outbox, &reporter, 2, 0).await;
    let disabled = outbox
        .store
        .write(move |tx| tidings::store::listener::disable(tx, fetched, NOW, "gone", NOW));
    assert_eq!(disabled.await, Ok(true));
    assert_eq!(deliver(&outbox, sent, NOW, 3).await, 3);
    look(&mut backlogs).await;
    assert_eq!(counted(), [[2, 2], [5, 2], [0, 0]]);
    let first = deliveries_of(&outbox.store, sent).await[5].event;
    let dismissed = outbox
        .store
        .write(move |tx| delivery::dismiss(tx, sent, first, "seen").map(drop));
    dismissed.await.unwrap();
    look(&mut backlogs).await;
    assert_eq!(counted(), [[2, 1], [5, 2], [0, 0]]);
}

/// Claims deliveries at a time and settles them.
async fn deliver(outbox: &Outbox, listener: Uuid, now: i64, limit: usize) -> usize {
    let claim = Uuid::now_v7();
    let terms = Terms {
        now,
        until: now + 60_000_000,
        claim,
        limit,
    };
    let done = outbox.store.write(move |tx| {
        let claimed = delivery::claim_due(tx, listener, terms)?;
        let of = |one: &delivery::DueDelivery| attempt(one.event.message_id, claim, Then::Delivered);
        let made: Vec<_> = claimed.iter().map(of).collect();
        delivery::settle_attempts(tx, listener, &made, now)
    });
    done.await.unwrap()
}

async fn states(outbox: &Outbox, listener: Uuid) -> Vec<State> {
    let records = deliveries_of(&outbox.store, listener).await;
    records.iter().map(|record| record.state).collect()
}

#[tokio::test]
async fn beyond_the_limit_events_become_dead_letters_until_less_than_four_fifths_wait() {
    use State::{Dead, Delivered, Waiting};
    let outbox = Outbox::new();
    let (clock, reporter) = (ManualClock::new(NOW), reporter());
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    let mut backlogs = backlogs(&outbox, &clock);
    report(&outbox, &reporter, 4, 0).await;
    look(&mut backlogs).await;
    report(&outbox, &reporter, 1, 0).await;
    look(&mut backlogs).await;
    report(&outbox, &reporter, 1, 0).await;
    let full = [vec![Waiting; 5], vec![Dead]].concat();
    assert_eq!(states(&outbox, listener).await, full);
    let records = deliveries_of(&outbox.store, listener).await;
    assert_eq!(
        records[5].reason.as_deref(),
        Some("too many deliveries were waiting for the listener")
    );
    assert_eq!(deliver(&outbox, listener, NOW, 1).await, 1);
    look(&mut backlogs).await;
    report(&outbox, &reporter, 1, 0).await;
    assert_eq!(states(&outbox, listener).await[6], Dead, "four fifths still wait");
    assert_eq!(deliver(&outbox, listener, NOW, 1).await, 1);
    look(&mut backlogs).await;
    report(&outbox, &reporter, 1, 0).await;
    let all = [vec![Delivered; 2], vec![Waiting; 3], vec![Dead; 2], vec![Waiting]].concat();
    assert_eq!(states(&outbox, listener).await, all);
}

#[tokio::test]
async fn a_listener_that_is_full_while_nothing_waits_gets_events_again() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    let full = outbox
        .store
        .write(move |tx| tidings::store::subscription::set_full(tx, listener, true));
    full.await.unwrap();
    look(&mut backlogs(&outbox, &ManualClock::new(NOW))).await;
    report(&outbox, &reporter(), 1, 0).await;
    assert_eq!(states(&outbox, listener).await, [State::Waiting]);
}

#[tokio::test]
async fn what_was_reported_or_claimed_before_a_clock_was_set_back_is_due_at_once() {
    let outbox = Outbox::new();
    let clock = ManualClock::new(NOW);
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    report(&outbox, &reporter(), 2, 3600).await;
    let terms = Terms {
        now: NOW + HOUR,
        until: NOW + HOUR + 60_000_000,
        claim: Uuid::now_v7(),
        limit: 1,
    };
    let claimed = outbox
        .store
        .write(move |tx| delivery::claim_due(tx, listener, terms));
    assert_eq!(claimed.await.unwrap().len(), 1);
    assert_eq!(deliver(&outbox, listener, NOW, 10).await, 0);
    look(&mut backlogs(&outbox, &clock)).await;
    assert_eq!(deliver(&outbox, listener, NOW, 10).await, 2);
}

#[tokio::test]
async fn claims_and_retries_keep_their_time() {
    let outbox = Outbox::new();
    let clock = ManualClock::new(NOW);
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    report(&outbox, &reporter(), 2, 0).await;
    let claim = Uuid::now_v7();
    let terms = Terms {
        now: NOW,
        until: NOW + 60_000_000,
        claim,
        limit: 2,
    };
    let retried = outbox.store.write(move |tx| {
        let claimed = delivery::claim_due(tx, listener, terms)?;
        let retry = attempt(claimed[0].event.message_id, claim, Then::Retry(NOW + 24 * HOUR));
        delivery::settle_attempts(tx, listener, &[retry], NOW)
    });
    assert_eq!(retried.await, Ok(1));
    look(&mut backlogs(&outbox, &clock)).await;
    assert_eq!(deliver(&outbox, listener, NOW, 10).await, 0);
    // A retry is never more than a week and a fifth away.
    clock.set(NOW - 8 * 24 * HOUR);
    look(&mut backlogs(&outbox, &clock)).await;
    assert_eq!(deliver(&outbox, listener, NOW - 8 * 24 * HOUR, 10).await, 2);
}

#[tokio::test]
async fn a_digest_that_began_before_a_clock_was_set_back_is_over() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    let begin = |now: i64| {
        let begun = outbox.store.write(move |tx| {
            tidings::store::listener::begin_digest(tx, listener, now, now + HOUR, now + HOUR)
        });
        async { begun.await.unwrap() }
    };
    report(&outbox, &reporter(), 1, -300_000).await;
    assert!(begin(NOW).await && !begin(NOW + HOUR - 1).await);
    let due = |now: i64| {
        let due = outbox
            .store
            .read(move |read| tidings::store::listener::all_targets_due(read, now));
        async { due.await.unwrap().len() }
    };
    assert_eq!((due(NOW).await, due(NOW - 48 * HOUR).await), (0, 1));
    assert!(begin(NOW - 48 * HOUR).await);
}
