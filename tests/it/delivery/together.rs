//! One transaction claims and settles deliveries of several listeners.

use tidings::store::delivery::{self, Attempt, DueDelivery, State, Terms, Then};
use uuid::Uuid;

use super::claims::{LEASE, ids};
use super::{Outbox, event};
use crate::support::listeners::{
    attempt, deliveries_of, insert_listener, insert_ordered_listener, report_to_listeners,
};
use crate::support::{NOW, reporter};

async fn claim(outbox: &Outbox, wanted: [(Uuid, usize); 3], most_bytes: usize) -> Vec<Vec<DueDelivery>> {
    let terms = Terms {
        now: NOW,
        until: NOW + LEASE,
        claim: Uuid::now_v7(),
        limit: 10,
    };
    let claimed = outbox
        .store
        .write(move |tx| delivery::claim_each(tx, &wanted, terms, most_bytes));
    claimed.await.unwrap()
}

#[tokio::test]
async fn each_listener_gets_its_own_number_of_the_same_events() {
    let outbox = Outbox::new();
    let types = &["repo.sync.start"];
    let (one, two) = (
        insert_listener(&outbox.store, types).await,
        insert_listener(&outbox.store, types).await,
    );
    let ordered = insert_ordered_listener(&outbox.store, types).await;
    let events: Vec<Uuid> = (0..12).map(|_| Uuid::now_v7()).collect();
    let reported = events.iter().map(|id| event("a", *id, 0)).collect();
    report_to_listeners(&outbox.store, &reporter(), reported).await;
    let wanted = [(one, 3), (two, 100), (ordered, 5)];
    let claimed = claim(&outbox, wanted, usize::MAX).await;
    // All belong to one resource: of the last listener only the first is due.
    let first: Vec<Vec<Uuid>> = claimed.iter().map(|claimed| ids(claimed)).collect();
    assert_eq!(first, [&events[..3], &events[..10], &events[..1]]);
    let again = claim(&outbox, wanted, 1).await;
    assert_eq!(
        again.iter().map(|claimed| ids(claimed)).collect::<Vec<_>>(),
        [&events[3..4], &events[10..11], &[]],
        "what is too much is given back"
    );
    let ends = |claimed: &[DueDelivery], then: Then| -> Vec<Attempt> {
        let of = |one: &DueDelivery| attempt(one.event.message_id, one.claim, then.clone());
        claimed.iter().map(of).collect()
    };
    let made = [
        (one, ends(&claimed[0], Then::Delivered)),
        (two, ends(&claimed[1], Then::Dead("refused".to_owned()))),
        (ordered, ends(&claimed[2], Then::Delivered)),
    ];
    let settled = outbox.store.write(move |tx| {
        let made: Vec<_> = made.iter().map(|(id, made)| (*id, made.as_slice())).collect();
        let settled = delivery::settle_each(tx, &made, NOW)?;
        Ok((settled, delivery::settle_each(tx, &made, NOW)?))
    });
    assert_eq!(settled.await, Ok((14, 0)), "settling again changes nothing");
    assert_eq!(outbox.database.count("attempts"), 14);
    let states = async |listener| {
        let records = deliveries_of(&outbox.store, listener).await;
        let of = |state| records.iter().filter(|one| one.state == state).count();
        [State::Delivered, State::Dead, State::Waiting].map(of)
    };
    assert_eq!(states(one).await, [3, 0, 9]);
    assert_eq!(states(two).await, [0, 10, 2]);
    assert_eq!(states(ordered).await, [1, 0, 11]);
    let next = claim(&outbox, [(ordered, 5), (two, 0), (one, 1)], usize::MAX).await;
    assert_eq!(
        next.iter().map(|claimed| ids(claimed)).collect::<Vec<_>>(),
        [&events[1..2], &[], &events[4..5]]
    );
}
