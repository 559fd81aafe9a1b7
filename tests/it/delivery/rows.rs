//! The rows in the database during deliveries.

use tidings::delivery::Step;
use tidings::message::Position;
use tidings::store::event::{sweep_kept, sweep_pending};
use tidings::store::{Tx, delivery};
use uuid::Uuid;

use super::{Outbox, Recorder, TARGET, event, pace};
use crate::support::NOW;

impl Outbox {
    fn rows(&self) -> [usize; 3] {
        ["deliveries", "pending_events", "events"].map(|table| self.database.count(table))
    }
}

/// Returns the name of the target with this number.
fn target(number: usize) -> String {
    format!("target{number}")
}

#[tokio::test]
async fn a_hundred_targets_store_a_payload_once_until_the_last_is_settled() {
    for (keeps, stored) in [(false, [1, 0]), (true, [0, 1])] {
        let outbox = Outbox::new();
        let id = Uuid::now_v7();
        let targets = (0..100).map(target).collect();
        outbox.write_for([event("a", id, 0)].into(), targets, keeps).await;
        for number in 0..100 {
            assert_eq!(outbox.rows(), [100 - number, stored[0], stored[1]]);
            let settle = move |tx: &mut Tx<'_>| delivery::settle(tx, &target(number), &[id]);
            assert_eq!(outbox.store.write(settle).await, Ok(1));
        }
        assert_eq!(outbox.rows(), [0, 0, stored[1]]);
    }
}

/// `[events] keep` is changed between the two.
#[tokio::test]
async fn events_that_are_kept_and_others_arrive_in_one_order() {
    let outbox = Outbox::new();
    for (name, keeps) in [("a", true), ("b", false), ("c", true), ("d", false)] {
        let events = [event(name, Uuid::now_v7(), 0)].into();
        outbox.write_for(events, vec![TARGET.to_owned()], keeps).await;
    }
    let claimed = outbox.store.read(|read| delivery::claim(read, TARGET, 3)).await;
    let names: Vec<_> = claimed
        .unwrap()
        .events
        .into_iter()
        .map(|event| event.publisher_id)
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_kept_event_outlives_its_time_while_it_waits() {
    let outbox = Outbox::new();
    let [waits, arrived] = [Uuid::now_v7(), Uuid::now_v7()];
    let events = [event("a", waits, -9), event("b", arrived, -9)].into();
    outbox.write_for(events, vec![TARGET.to_owned()], true).await;
    let purge = |outbox: &Outbox| {
        let store = outbox.store.clone();
        // One at a time, so that the one that waits is passed over.
        async move {
            let (mut deleted, mut after) = (0, Some(Position::at(i64::MIN)));
            while let Some(from) = after {
                let swept = store.write(move |tx: &mut Tx<'_>| sweep_kept(tx, from, NOW, 1));
                let (count, last) = swept.await.unwrap();
                (deleted, after) = (deleted + count, last);
            }
            deleted
        }
    };
    let settle = move |tx: &mut Tx<'_>| delivery::settle(tx, TARGET, &[arrived]);
    outbox.store.write(settle).await.unwrap();
    assert_eq!(purge(&outbox).await, 1);
    assert_eq!(outbox.rows(), [1, 0, 1]);
    let settle = move |tx: &mut Tx<'_>| delivery::settle(tx, TARGET, &[waits]);
    outbox.store.write(settle).await.unwrap();
    assert_eq!(purge(&outbox).await, 1);
    assert_eq!(outbox.rows(), [0, 0, 0]);
}

/// The leftover of two servers that complete the last two deliveries at once.
#[tokio::test]
async fn a_pending_event_without_deliveries_is_swept() {
    let outbox = Outbox::new();
    let ids = [0, 1, 2, 3].map(|_| Uuid::now_v7());
    let events = ids.iter().zip(0..).map(|(id, second)| event("a", *id, second));
    outbox.write(events.collect()).await;
    let ended: Vec<_> = ids.iter().step_by(2).collect();
    for id in &ended {
        let hex = id.simple().to_string();
        let id = outbox.database.bytes(&hex);
        outbox
            .database
            .execute(&format!("DELETE FROM deliveries WHERE event_id = {id}"));
    }
    let sweep = |after: Vec<u8>, before: i64| {
        let work = move |tx: &mut Tx<'_>| sweep_pending(tx, &after, before, 1);
        outbox.store.write(work)
    };
    let second = tidings::message::time::SECOND;
    assert_eq!(sweep(Vec::new(), NOW).await, Ok(None), "too young");
    let mut after = Vec::new();
    while let Some(last) = sweep(after, NOW + 9 * second).await.unwrap() {
        after = last;
    }
    assert_eq!(outbox.rows(), [4, 2, 0]);
}

/// As a server of the last release leaves them that purges events while they wait.
#[tokio::test]
async fn deliveries_without_an_event_hold_up_no_others_and_are_dropped() {
    let outbox = Outbox::new();
    let names: Vec<String> = (0..150).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    outbox.report(&names, 0).await;
    outbox.database.execute("DELETE FROM pending_events");
    outbox.report(&["good"], 0).await;
    let driver = Recorder::default();
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    for _ in 0..100 {
        if dispatcher.step().await == Ok(Step::Sent(1)) {
            break;
        }
    }
    assert_eq!(driver.got(), "good");
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (0, 150));
}

/// One target's delivery is settled while another's is taken over from a server of the last release.
#[tokio::test]
async fn an_event_stays_while_it_waits_in_the_outbox_for_another_target() {
    let outbox = Outbox::new();
    let id = Uuid::now_v7();
    outbox
        .write_for([event("a", id, 0)].into(), vec![TARGET.to_owned()], false)
        .await;
    let bytes = outbox.database.bytes(&id.simple().to_string());
    outbox.database.execute(&format!(
        "INSERT INTO outbox (target, id, created_at, event_type, priority, publisher_id, payload) \
         VALUES ('messagingv2', {bytes}, {NOW}, 'repo.sync.start', 'INFO', 'a', '{{}}')"
    ));
    let settle = |target: &'static str| {
        outbox
            .store
            .write(move |tx: &mut Tx<'_>| delivery::settle(tx, target, &[id]))
    };
    settle(TARGET).await.unwrap();
    assert_eq!(outbox.rows(), [0, 1, 0]);
    let moved = outbox
        .store
        .write(|tx: &mut Tx<'_>| delivery::move_outbox(tx, "messagingv2", NOW));
    assert_eq!(moved.await, Ok(false));
    assert_eq!(outbox.rows(), [1, 1, 0]);
    settle("messagingv2").await.unwrap();
    assert_eq!(outbox.rows(), [0, 0, 0]);
}
