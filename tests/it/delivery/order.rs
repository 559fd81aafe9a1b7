//! The events of one resource stay in order, at a cost that does not grow with what waits.

use tidings::clock::ManualClock;
use tidings::config::Config;
use tidings::delivery::Backlogs;
use tidings::event::Envelope;
use tidings::store::Error;
use tidings::store::delivery::{self, Again, State, Then};
use tidings::telemetry::ListenerMetrics;
use tidings::worker::Worker;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::claims::{LEASE, claim, ids, settle};
use super::{Outbox, event};
use crate::support::listeners::{deliveries_of, insert_ordered_listener, redelivery, report_to_listeners};
use crate::support::{NOW, reporter};

/// When a delivery is due that lies behind another one.
const BEHIND: &str = "deliveries WHERE due = 9223372036854775806";

/// After all events.
const LATER: i64 = NOW + 365 * 86_400_000_000;

fn of_resource(name: &str) -> Envelope {
    Envelope {
        payload: format!(r#"{{"id":"{name}"}}"#),
        ..event("tests", Uuid::now_v7(), 0)
    }
}

/// Reports events of one resource each, and returns their ids.
async fn reported(outbox: &Outbox, resources: &[&str]) -> Vec<Uuid> {
    let events: Vec<Envelope> = resources.iter().map(|name| of_resource(name)).collect();
    let ids = events.iter().map(|event| event.message_id).collect();
    report_to_listeners(&outbox.store, &reporter(), events).await;
    ids
}

#[tokio::test]
async fn retries_of_the_first_leave_what_waits_behind_it_alone() {
    let outbox = Outbox::new();
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let first = reported(&outbox, &["a"; 600]).await[0];
    let mut now = NOW;
    let mut claimed = claim(&outbox.store, listener, now, 10).await;
    assert_eq!(ids(&claimed), [first]);
    assert_eq!(outbox.database.count(BEHIND), 599);
    for _ in 0..3 {
        now += LEASE;
        settle(&outbox.store, listener, &claimed, Then::Retry(now), now).await;
        assert_eq!(
            outbox.database.count(&format!("deliveries WHERE due <= {now}")),
            1,
            "only the first is looked at"
        );
        claimed = claim(&outbox.store, listener, now, 10).await;
        assert_eq!(ids(&claimed), [first]);
        assert_eq!(outbox.database.count(BEHIND), 599);
    }
    settle(&outbox.store, listener, &claimed, Then::Delivered, now).await;
    assert_eq!(outbox.database.count(BEHIND), 598, "the next is woken");
    assert_eq!(claim(&outbox.store, listener, now, 10).await.len(), 1);
}

#[tokio::test]
async fn others_are_claimed_past_a_long_line() {
    let outbox = Outbox::new();
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let resources = [vec!["a"; 600], vec!["b", "c", "b"]].concat();
    let all = reported(&outbox, &resources).await;
    let claimed = claim(&outbox.store, listener, NOW, 10).await;
    assert_eq!(ids(&claimed), [all[0], all[600], all[601]]);
    let waiting = deliveries_of(&outbox.store, listener).await;
    assert_eq!(waiting[1].due, None, "its turn is not known yet");
    assert!(waiting[0].due.is_some() && waiting[0].is_claimed);
}

#[tokio::test]
async fn what_is_redelivered_goes_before_what_was_reported_later() {
    let outbox = Outbox::new();
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let all = reported(&outbox, &["a", "a", "a"]).await;
    for end in [Then::Delivered, Then::Retry(NOW + LEASE)] {
        let claimed = claim(&outbox.store, listener, NOW, 10).await;
        assert_eq!(claimed.len(), 1);
        settle(&outbox.store, listener, &claimed, end, NOW).await;
    }
    let first = all[0];
    let again = outbox
        .store
        .write(move |tx| delivery::redeliver(tx, listener, first, redelivery(NOW, true)));
    assert_eq!(again.await.unwrap().state, State::Waiting);
    for expected in all {
        let claimed = claim(&outbox.store, listener, NOW + LEASE, 10).await;
        assert_eq!(ids(&claimed), [expected]);
        settle(&outbox.store, listener, &claimed, Then::Delivered, NOW + LEASE).await;
    }
}

#[tokio::test]
async fn what_is_made_up_for_or_redelivered_at_once_stays_in_order() {
    let outbox = Outbox::new();
    let missed: Vec<Envelope> = (0..3).map(|_| of_resource("a")).collect();
    outbox.write_for(missed.clone().into(), Vec::new(), true).await;
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let deliver_all = async |state: State| {
        let again = Again {
            listener,
            since: 0,
            until: LATER,
            state,
            types: vec!["repo.sync.start"],
            project: None,
        };
        let done = outbox
            .store
            .write(move |tx| delivery::deliver_again(tx, &again, None, redelivery(NOW, true)));
        assert_eq!(done.await, Ok((3, None)));
        for event in &missed {
            let claimed = claim(&outbox.store, listener, NOW, 10).await;
            assert_eq!(ids(&claimed), [event.message_id]);
            settle(&outbox.store, listener, &claimed, Then::Delivered, NOW).await;
        }
    };
    deliver_all(State::Dead).await;
    deliver_all(State::Delivered).await;
}

#[tokio::test]
async fn no_more_are_redelivered_than_may_wait() {
    let outbox = Outbox::new();
    let missed: Vec<Envelope> = (0..5).map(|_| of_resource("a")).collect();
    outbox.write_for(missed.clone().into(), Vec::new(), true).await;
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let again = async |after: Option<Uuid>| {
        let again = Again {
            listener,
            since: 0,
            until: LATER,
            state: State::Delivered,
            types: vec!["repo.sync.start"],
            project: None,
        };
        let terms = delivery::Redelivery {
            max_pending: 2,
            ..redelivery(NOW, false)
        };
        let step = outbox
            .store
            .write(move |tx| delivery::deliver_again(tx, &again, after, terms));
        step.await
    };
    let mut after = None;
    for count in [2, 2, 1] {
        let (made, next) = again(after).await.unwrap();
        assert_eq!(made, count);
        after = next;
        if count == 2 {
            let full = Error::Conflict("too many deliveries wait for the listener".to_owned());
            assert_eq!(again(after).await, Err(full));
        }
        let claimed = claim(&outbox.store, listener, NOW, 10).await;
        settle(&outbox.store, listener, &claimed, Then::Delivered, NOW).await;
    }
    assert_eq!(after, None);
    let first = missed[0].message_id;
    let (_, next) = again(None).await.unwrap();
    assert!(next.is_some());
    // One that is finished would be one too many.
    let last = missed[4].message_id;
    for (event, is_possible) in [(first, true), (last, false)] {
        let terms = delivery::Redelivery {
            max_pending: 2,
            ..redelivery(NOW, false)
        };
        let one = outbox
            .store
            .write(move |tx| delivery::redeliver(tx, listener, event, terms));
        assert_eq!(one.await.is_ok(), is_possible);
    }
}

/// Two nodes of a cluster, one of which finishes the first while the other puts the second behind it, notice nothing of each other.
#[tokio::test]
async fn what_lies_behind_nothing_is_found() {
    let outbox = Outbox::new();
    let listener = insert_ordered_listener(&outbox.store, &["repo.sync.start"]).await;
    let all = reported(&outbox, &["a", "a"]).await;
    outbox
        .database
        .execute("UPDATE deliveries SET due = 9223372036854775806");
    assert_eq!(claim(&outbox.store, listener, NOW, 10).await, []);
    let clock = ManualClock::new(NOW);
    let mut backlogs = Backlogs::new(
        &Config::default(),
        outbox.store.clone(),
        clock.clock(),
        ListenerMetrics::default(),
    );
    backlogs.step(&CancellationToken::new()).await;
    assert_eq!(ids(&claim(&outbox.store, listener, NOW, 10).await), [all[0]]);
    assert_eq!(outbox.database.count(BEHIND), 1);
}
