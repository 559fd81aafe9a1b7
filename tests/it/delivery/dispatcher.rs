//! Steps of one dispatcher, and of two that want the same.

use std::time::Duration;

use tidings::delivery::{Pace, Step};
use tidings::event::Envelope;
use uuid::Uuid;

use super::{Outbox, Recorder, event, pace, run};
use crate::support::{let_pass, until};

#[tokio::test]
async fn what_was_reported_arrives_once_and_in_order() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    assert_eq!(dispatcher.step().await, Ok(Step::Idle));
    outbox.report(&["a", "b", "c", "d"], 0).await;
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(3)));
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(1)));
    assert_eq!(dispatcher.step().await, Ok(Step::Idle));
    assert_eq!(driver.got(), "a b c d");
    assert_eq!((outbox.waiting().await, outbox.metrics.delivered.get()), (0, 4));
}

/// Ids are made before the commit, so one that comes later may have the lower id.
#[tokio::test]
async fn an_event_that_is_committed_late_is_not_passed_over() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    let early = Uuid::now_v7();
    outbox.report(&["b"], 0).await;
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(1)));
    outbox.write([event("a", early, 0)].into()).await;
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(1)));
    assert_eq!(driver.got(), "b a");
}

#[tokio::test]
async fn what_fails_is_tried_again_from_the_first_that_did_not_arrive() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    driver.fail_after(&[0, 2]);
    let mut dispatcher = outbox.dispatcher(driver.clone(), pace());
    outbox.report(&["a", "b", "c", "d"], 0).await;
    for _ in 0..2 {
        assert!(matches!(dispatcher.step().await, Ok(Step::Failed(_))));
    }
    assert_eq!(outbox.waiting().await, 2);
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(2)));
    assert_eq!(driver.got(), "a b c d");
    assert_eq!(outbox.metrics.failures.get(), 2);
    assert_eq!(outbox.metrics.dropped.get(), 0);
}

#[tokio::test]
async fn with_a_limit_of_retries_only_what_was_tried_so_often_is_dropped() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    driver.fail_after(&[0, 0]);
    let retry = Pace {
        retry: Some(1),
        ..pace()
    };
    let mut dispatcher = outbox.dispatcher(driver.clone(), retry);
    outbox.report(&["a", "b"], 0).await;
    assert!(matches!(dispatcher.step().await, Ok(Step::Failed(_))));
    // It came after the first attempt, so it was tried only once.
    outbox.report(&["c"], 0).await;
    assert!(matches!(dispatcher.step().await, Ok(Step::Failed(_))));
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (1, 2));
    assert_eq!(dispatcher.step().await, Ok(Step::Sent(1)));
    assert_eq!(driver.got(), "c");
}

#[tokio::test]
async fn of_two_servers_one_sends_until_it_ends() {
    let outbox = Outbox::new();
    let (one, other) = (Recorder::default(), Recorder::default());
    let mut first = outbox.dispatcher(one.clone(), pace());
    let mut second = outbox.dispatcher(other.clone(), pace());
    outbox.report(&["a"], 0).await;
    assert_eq!(first.step().await, Ok(Step::Sent(1)));
    outbox.report(&["b"], 0).await;
    assert_eq!(second.step().await, Ok(Step::Away));
    run(first).stop().await;
    // The rest was sent after the stop, and the lease released.
    assert_eq!(one.got(), "a b");
    outbox.report(&["c"], 0).await;
    assert_eq!(second.step().await, Ok(Step::Sent(1)));
    assert_eq!(other.got(), "c");
}

#[tokio::test]
async fn a_report_wakes_the_loop_and_a_stop_ends_it() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    let running = outbox.start(driver.clone(), pace());
    let_pass(Duration::from_millis(100)).await;
    outbox.report(&["a"], 0).await;
    until("the delivery", async || !driver.got().is_empty()).await;
    running.stop().await;
    assert_eq!(outbox.waiting().await, 0);
}

#[tokio::test]
async fn what_cannot_be_sent_at_the_end_waits_for_the_next_start() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    driver.fail_after(&[0]);
    outbox.report(&["a"], 0).await;
    outbox.start(driver.clone(), pace()).stop().await;
    assert_eq!(outbox.waiting().await, 1);
    let mut next = outbox.dispatcher(driver.clone(), pace());
    assert_eq!(next.step().await, Ok(Step::Sent(1)));
    assert_eq!(driver.got(), "a");
}

/// Otherwise an alert on the oldest would never end on a server that lost the lease during an outage.
#[tokio::test]
async fn what_waits_is_told_by_the_server_that_sends() {
    let outbox = Outbox::new();
    let driver = Recorder::default();
    driver.fail_after(&[0]);
    let mut first = outbox.dispatcher(driver, pace());
    outbox.report(&["a"], -9).await;
    assert!(matches!(first.step().await, Ok(Step::Failed(_))));
    assert_eq!(
        (outbox.metrics.waiting.get(), outbox.metrics.oldest.get()),
        (1, 9.0)
    );
    // As if it had not been able to renew its lease in time.
    outbox.hand_over();
    assert_eq!(first.step().await, Ok(Step::Away));
    assert_eq!(
        (outbox.metrics.waiting.get(), outbox.metrics.oldest.get()),
        (0, 0.0)
    );
}

/// A step takes no more into memory than some MiB, however long the events are.
#[tokio::test]
async fn a_step_ends_where_events_are_long() {
    let outbox = Outbox::new();
    let long = format!("{:?}", "x".repeat(110 << 10));
    let events: Vec<_> = (1..=250_u128)
        .map(|id| Envelope {
            payload: long.clone(),
            ..event("a", Uuid::from_u128(id), 0)
        })
        .collect();
    outbox.write(events.into()).await;
    let generous = Pace {
        batch_size: 1000,
        ..pace()
    };
    let mut dispatcher = outbox.dispatcher(Recorder::default(), generous);
    for sent in [100, 100, 50] {
        assert_eq!(dispatcher.step().await, Ok(Step::Sent(sent)));
    }
}
