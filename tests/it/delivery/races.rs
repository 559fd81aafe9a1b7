//! Two servers that change the same rows at once. On SQLite one of them waits for the other; elsewhere each sees what the other has
//! committed, statement by statement.

use std::sync::mpsc;

use tidings::listener::Reach;
use tidings::store::delivery::{self, KeptSince, State, SweptTo, Then};
use tidings::store::{Error, Tx, listener};
use uuid::Uuid;

use super::claims::{beside, claim, reported, settle};
use super::{Outbox, event};
use crate::support::listeners::{
    attempt, deliveries_of, insert_ordered_listener, redelivery, report_to_listeners, stored_listener,
};
use crate::support::{Fresh, NOW, SOON, reporter, until};

/// Whether a transaction waits for another one.
fn is_waiting(outbox: &Outbox) -> bool {
    let waiting = if outbox.database.url().starts_with("postgres") {
        "pg_locks WHERE NOT granted"
    } else {
        "information_schema.global_status \
         WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS' AND variable_value > 0"
    };
    outbox.database.count(waiting) > 0
}

/// Runs `first`, and `second` on another server before the first one commits: until it has to wait, if the database has more than
/// one writer.
async fn meet<A, B>(
    outbox: &Outbox,
    mut first: impl FnMut(&mut Tx<'_>) -> Result<A, Error> + Send + 'static,
    second: impl FnMut(&mut Tx<'_>) -> Result<B, Error> + Send + 'static,
) -> (Result<A, Error>, Result<B, Error>)
where
    A: Send + 'static,
    B: Send + 'static,
{
    if !Fresh::is_remote() {
        let first = outbox.store.write(first).await;
        return (first, outbox.store.write(second).await);
    }
    let other = beside(outbox);
    let (tell, mut written) = tokio::sync::mpsc::unbounded_channel();
    let (commit, may_commit) = mpsc::channel::<()>();
    let store = outbox.store.clone();
    let first = tokio::spawn(async move {
        let work = store.write(move |tx| {
            let done = first(tx);
            let _ = tell.send(());
            // Ends with the other end of the channel.
            let _ = may_commit.recv_timeout(SOON);
            done
        });
        work.await
    });
    written.recv().await.unwrap();
    let store = other.clone();
    let second = tokio::spawn(async move { store.write(second).await });
    until("the second waits", async || {
        second.is_finished() || is_waiting(outbox)
    })
    .await;
    drop(commit);
    let met = (first.await.unwrap(), second.await.unwrap());
    other.close();
    met
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_redelivered_while_a_purge_looks_at_it_stays() {
    let outbox = Outbox::new();
    let (listener, reported) = reported(&outbox, 2).await;
    let claimed = claim(&outbox.store, listener, NOW, 2).await;
    settle(
        &outbox.store,
        listener,
        &claimed,
        Then::Dead("refused".to_owned()),
        NOW,
    )
    .await;
    let again = reported[0];
    let kept = KeptSince {
        delivered: NOW + 1,
        dead: NOW + 1,
        waiting: 0,
    };
    let from = delivery_place(&outbox, kept).await;
    let (redelivered, swept) = meet(
        &outbox,
        move |tx| delivery::redeliver(tx, listener, again, redelivery(NOW, false)),
        move |tx| delivery::sweep_listeners(tx, &from, kept, 100),
    )
    .await;
    redelivered.unwrap();
    assert_eq!(swept.unwrap().0, 1, "the other one is deleted");
    let left = deliveries_of(&outbox.store, listener).await;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].event, left[0].state), (again, State::Waiting));
    assert_eq!(outbox.database.count("attempts"), 1);
    assert_eq!(
        claim(&outbox.store, listener, NOW, 2).await.len(),
        1,
        "with its event"
    );
}

/// Where a sweep comes to the first listener.
async fn delivery_place(outbox: &Outbox, kept: KeptSince) -> SweptTo {
    let look = outbox
        .store
        .read(move |read| delivery::look_at_listeners(read, &SweptTo::nothing(), kept, 100));
    look.await.unwrap().next.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_of_a_listener_that_is_just_being_deleted_leave_nothing() {
    for is_settled_first in [false, true] {
        let outbox = Outbox::new();
        let (listener, _) = reported(&outbox, 2).await;
        let claimed = claim(&outbox.store, listener, NOW, 2).await;
        let ends = [Then::Delivered, Then::Retry(NOW + 1)];
        let made: Vec<_> = claimed
            .iter()
            .zip(ends)
            .map(|(one, then)| attempt(one.event.message_id, one.claim, then))
            .collect();
        let settle = move |tx: &mut Tx<'_>| delivery::settle_attempts(tx, listener, &made, NOW).map(drop);
        let delete = move |tx: &mut Tx<'_>| listener::delete(tx, listener);
        let (first, second) = if is_settled_first {
            meet(&outbox, settle, delete).await
        } else {
            meet(&outbox, delete, settle).await
        };
        assert_eq!((first, second), (Ok(()), Ok(())));
        for table in ["deliveries", "attempts", "pending_events"] {
            let left = outbox.database.count(table);
            assert_eq!(left, 0, "{table}, settled first: {is_settled_first}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_is_kept_by_listeners_that_are_created_at_once() {
    let outbox = Outbox::new();
    let create = || {
        let stored = stored_listener(Uuid::now_v7(), Some("p1"));
        move |tx: &mut Tx<'_>| {
            let has_room = listener::has_room(tx, &stored.reach, 1)?;
            if has_room {
                listener::insert(tx, &stored, &["repo.sync.start"], false)?;
            }
            Ok(has_room)
        }
    };
    let (first, second) = meet(&outbox, create(), create()).await;
    assert_eq!((first, second), (Ok(true), Ok(false)));
    let count = outbox
        .store
        .read(|read| listener::count(read, &Reach::Project("p1".to_owned())));
    assert_eq!(count.await, Ok(1));
}

/// The second delivery of a resource must not be left behind the first one for ever.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_may_be_finished_while_others_are_put_behind_it() {
    let outbox = Outbox::new();
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let events = (0..3).map(|_| event("a", Uuid::now_v7(), 0)).collect();
    report_to_listeners(&outbox.store, &reporter(), events).await;
    let claimed = claim(&outbox.store, listener, NOW, 1).await;
    let made = attempt(claimed[0].event.message_id, claimed[0].claim, Then::Delivered);
    let terms = delivery::Terms {
        now: NOW,
        until: NOW + 1,
        claim: Uuid::now_v7(),
        limit: 10,
    };
    let (settled, _) = meet(
        &outbox,
        move |tx| delivery::settle_attempts(tx, listener, std::slice::from_ref(&made), NOW),
        move |tx| delivery::claim_due(tx, listener, terms),
    )
    .await;
    assert_eq!(settled, Ok(1));
    let claimed = claim(&outbox.store, listener, NOW + 1, 10).await;
    assert_eq!(claimed.len(), 1, "the second is still due");
}
