//! What waits in vain becomes a dead letter, and goes in the end.

use tidings::store::delivery::{self, KeptSince, State, SweptTo, Then};
use tidings::store::listener;
use uuid::Uuid;

use super::claims::{claim, ids, settle};
use super::{Outbox, event};
use crate::support::listeners::{
    deliveries_of, insert_listener, insert_ordered_listener, redelivery, report_to_listeners,
};
use crate::support::{NOW, reporter};

const SECOND: i64 = 1_000_000;

/// A purge that keeps everything for ten seconds.
async fn purge(outbox: &Outbox, now: i64) {
    let kept = KeptSince {
        delivered: now - 10 * SECOND,
        dead: now - 10 * SECOND,
        waiting: now - 10 * SECOND,
    };
    let mut place = Some(SweptTo::nothing());
    while let Some(from) = place {
        let swept = outbox
            .store
            .write(move |tx| delivery::sweep_listeners(tx, &from, kept, 2));
        place = swept.await.unwrap().1;
    }
}

/// Reports events of so many seconds ago.
async fn report(outbox: &Outbox, seconds: &[i64]) -> Vec<Uuid> {
    let events: Vec<_> = seconds
        .iter()
        .map(|ago| event("a", Uuid::now_v7(), -ago))
        .collect();
    let ids = events.iter().map(|event| event.message_id).collect();
    report_to_listeners(&outbox.store, &reporter(), events).await;
    ids
}

async fn states(outbox: &Outbox, listener: Uuid) -> Vec<State> {
    let records = deliveries_of(&outbox.store, listener).await;
    records.iter().map(|record| record.state).collect()
}

async fn disable(outbox: &Outbox, listener: Uuid) {
    let disabled = outbox
        .store
        .write(move |tx| listener::disable(tx, listener, NOW, "gone", NOW));
    assert_eq!(disabled.await, Ok(true));
}

#[tokio::test]
async fn what_waits_for_a_disabled_listener_becomes_a_dead_letter_and_then_goes() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    report(&outbox, &[20, 11, 9]).await;
    let claimed = claim(&outbox.store, listener, NOW - 19 * SECOND, 1).await;
    settle(
        &outbox.store,
        listener,
        &claimed,
        Then::Retry(NOW - 15 * SECOND),
        NOW,
    )
    .await;
    disable(&outbox, listener).await;
    purge(&outbox, NOW).await;
    assert_eq!(
        states(&outbox, listener).await,
        [State::Dead, State::Dead, State::Waiting]
    );
    let reason = deliveries_of(&outbox.store, listener).await[0].reason.clone();
    assert_eq!(reason.as_deref(), Some("it waited for too long"));
    purge(&outbox, NOW).await;
    assert_eq!(states(&outbox, listener).await, [State::Waiting]);
    assert_eq!(outbox.database.count("attempts"), 0);
}

#[tokio::test]
async fn what_a_receiver_never_fetches_becomes_a_dead_letter() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    outbox
        .database
        .execute("UPDATE listeners SET notifier_type = 'pull'");
    let all = report(&outbox, &[20, 20]).await;
    // It is the time since which it waits that counts.
    let again = all[1];
    let redelivered = outbox
        .store
        .write(move |tx| delivery::redeliver(tx, listener, again, redelivery(NOW, false)));
    redelivered.await.unwrap();
    purge(&outbox, NOW).await;
    assert_eq!(states(&outbox, listener).await, [State::Dead, State::Waiting]);
}

#[tokio::test]
async fn what_is_tried_ends_by_its_schedule_and_what_is_never_tried_by_its_age() {
    let outbox = Outbox::new();
    let listener = insert_listener(&outbox.store, &["repo.sync.start"]).await;
    report(&outbox, &[20, 20]).await;
    let claimed = claim(&outbox.store, listener, NOW - 19 * SECOND, 1).await;
    settle(
        &outbox.store,
        listener,
        &claimed,
        Then::Retry(NOW - 15 * SECOND),
        NOW,
    )
    .await;
    purge(&outbox, NOW).await;
    assert_eq!(states(&outbox, listener).await, [State::Waiting, State::Dead]);
}

#[tokio::test]
async fn the_next_of_a_resource_does_not_wait_for_one_that_waited_too_long() {
    let outbox = Outbox::new();
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let all = report(&outbox, &[20, 20, 0]).await;
    let early = claim(&outbox.store, listener, NOW, 10).await;
    assert_eq!(ids(&early), [all[0]]);
    outbox.database.execute(&format!(
        "UPDATE deliveries SET due = {} WHERE due < {}",
        NOW - 15 * SECOND,
        NOW + 3600 * SECOND
    ));
    purge(&outbox, NOW).await;
    assert_eq!(
        states(&outbox, listener).await,
        [State::Dead, State::Dead, State::Waiting]
    );
    assert_eq!(ids(&claim(&outbox.store, listener, NOW, 10).await), [all[2]]);
}
