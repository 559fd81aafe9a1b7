//! The operations of listeners.

use tidings::event::Reporter;
use tidings::listener::Reach;
use tidings::store::delivery::{self, Again, Horizon, KeptSince, State, SweptTo, Terms, Then};
use tidings::store::listener::{self, ListenerFilter};
use tidings::store::{Error, Read, Store, Tx, subscription};
use uuid::Uuid;

use super::fill::FIRST;
use super::id;
use crate::delivery::event;
use crate::support::listeners::{attempt, redelivery, stored_listener};
use crate::support::{NOW, reporter};

/// Servers ask for all listeners with something due, which are few compared with the rows: a seek for each.
pub const LOOKS_AT_EACH: &str = "SELECT listeners.id FROM listeners WHERE listeners.is_enabled AND";

/// Runs each.
pub async fn run(store: &Store) {
    store.read(reads).await.unwrap();
    let new = Uuid::now_v7();
    store.write(move |tx| manage(tx, new, &reporter())).await.unwrap();
    store.write(deliver).await.unwrap();
    store.write(sweep).await.unwrap();
    let deleted = store.write(move |tx| listener::delete(tx, new));
    deleted.await.unwrap();
}

fn reads(read: &mut Read<'_>) -> Result<(), Error> {
    let horizon = Horizon {
        claims: NOW - 5_000_000,
        retries: NOW,
    };
    listener::show(read, id(1))?;
    listener::by_ids(read, &[id(1), id(2)])?;
    listener::all_targets_due(read, NOW)?;
    listener::watched(read, id(1), 10)?;
    listener::count(read, &Reach::Cloud)?;
    for (project, name) in [(None, None), (Some("p1"), None), (Some("p1"), Some("n1"))] {
        let filter = ListenerFilter {
            project: project.map(str::to_owned),
            has_cloud: name.is_none(),
            name: name.map(str::to_owned),
            is_hidden: name.map(|_| false),
            after: Some(id(1)),
        };
        listener::list(read, &filter, 10)?;
    }
    for state in [
        None,
        Some(State::Waiting),
        Some(State::Delivered),
        Some(State::Dead),
    ] {
        delivery::page(read, id(1), state, Some(id(900)), 10)?;
    }
    delivery::attempts(read, id(1), id(1))?;
    delivery::count_waiting_for(read, id(1), 100)?;
    delivery::count_waiting_for(read, id(1), 100_000)?;
    delivery::count_dead_of(read, id(1), 100_000)?;
    delivery::dead_letters(read, id(1), 3)?;
    delivery::last_failure(read, id(1))?;
    delivery::too_far_ahead(read, id(1), horizon)?;
    subscription::catalog(read)?;
    Ok(())
}

fn manage(tx: &mut Tx<'_>, new: Uuid, reporter: &Reporter) -> Result<(), Error> {
    let stored = stored_listener(new, None);
    listener::has_room(tx, &Reach::Project("p1".to_owned()), 20)?;
    listener::insert(tx, &stored, &["repo.sync.start"], true)?;
    listener::update(tx, &stored, NOW, &["repo.sync.start"], true)?;
    let events = [event("a", Uuid::now_v7(), 1)].into();
    delivery::report(tx, reporter, |reporter| reporter.outgoing(events))?;
    listener::note_failing(tx, id(1), 3, NOW, 1)?;
    listener::note_recovered(tx, id(1))?;
    listener::begin_digest(tx, id(1), NOW, NOW + 1, NOW + 1)?;
    listener::disable(tx, id(9), NOW, "gone", NOW)?;
    subscription::set_full(tx, id(1), true)?;
    subscription::set_catalog(tx, "new")
}

fn deliver(tx: &mut Tx<'_>) -> Result<(), Error> {
    let (claim, now) = (Uuid::now_v7(), FIRST + 100_000);
    let terms = Terms {
        now,
        until: NOW,
        claim,
        limit: 10,
    };
    let claimed = delivery::claim_due(tx, id(1), terms)?;
    let ends = [
        Then::Delivered,
        Then::Retry(NOW),
        Then::Dead("refused".to_owned()),
    ];
    let made = claimed
        .iter()
        .zip(ends)
        .map(|(one, then)| attempt(one.event.message_id, claim, then));
    assert_eq!(
        delivery::settle_attempts(tx, id(1), &made.collect::<Vec<_>>(), now),
        Ok(3)
    );
    delivery::redeliver(tx, id(1), id(3), redelivery(now, true))?;
    let again = Again {
        listener: id(1),
        since: FIRST,
        until: FIRST + 200_000,
        state: State::Dead,
        types: vec!["repo.sync.start"],
        project: None,
    };
    delivery::deliver_again(tx, &again, None, redelivery(now, true))?;
    delivery::dismiss(tx, id(1), id(2), "seen")?;
    let horizon = Horizon {
        claims: now,
        retries: NOW,
    };
    delivery::bring_forward(tx, id(1), &[id(1), id(2)], horizon, now)?;
    delivery::delete_some(tx, id(2), 10)?;
    Ok(())
}

fn sweep(tx: &mut Tx<'_>) -> Result<(), Error> {
    let kept = KeptSince {
        delivered: FIRST + 500_000,
        dead: FIRST + 100_000,
        waiting: FIRST + 600_000,
    };
    let (_, next) = delivery::sweep_listeners(tx, &SweptTo::nothing(), kept, 100)?;
    delivery::sweep_listeners(tx, &next.unwrap(), kept, 100).map(drop)
}
