//! What the outbox does not keep for ever.

use std::time::Duration;

use tidings::delivery::{Bounds, Lease};

use super::{Outbox, TARGET};

async fn keep(outbox: &Outbox, lease: &mut Lease, bounds: &mut Bounds) {
    let kept = bounds.keep(lease, TARGET, &outbox.metrics);
    assert_eq!(kept.await, Ok(true));
}

#[tokio::test]
async fn too_many_are_dropped_oldest_first_after_a_warning() {
    let outbox = Outbox::new();
    let mut lease = outbox.lease();
    let mut bounds = Bounds::new(Duration::from_secs(3600), 3, Duration::ZERO);
    outbox.report(&["a", "b", "c", "d", "e"], -1).await;
    keep(&outbox, &mut lease, &mut bounds).await;
    assert_eq!(outbox.waiting().await, 5, "the first look only warns");
    assert_eq!(outbox.metrics.waiting.get(), 5);
    keep(&outbox, &mut lease, &mut bounds).await;
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (3, 2));
    let left = outbox
        .store
        .read(|conn| tidings::store::delivery::claim(conn, TARGET, 10))
        .await
        .unwrap();
    let left: Vec<&str> = left
        .events
        .iter()
        .map(|event| event.publisher_id.as_str())
        .collect();
    assert_eq!(left, ["c", "d", "e"]);
    // What waits for another driver is not touched.
    let other = outbox.store.count_waiting("other", i64::MAX);
    assert_eq!(other.await.unwrap(), 5);
}

#[tokio::test]
async fn what_waited_for_too_long_is_dropped_after_a_warning() {
    let outbox = Outbox::new();
    let mut lease = outbox.lease();
    let mut bounds = Bounds::new(Duration::from_secs(60), 1000, Duration::ZERO);
    outbox.report(&["a"], -61).await;
    outbox.report(&["b"], -5).await;
    keep(&outbox, &mut lease, &mut bounds).await;
    assert_eq!(outbox.waiting().await, 2);
    assert!(outbox.metrics.oldest.get() > 60.9);
    keep(&outbox, &mut lease, &mut bounds).await;
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (1, 1));
}

/// Ids ascend with time, so what is behind the first that may stay is not even looked at.
#[tokio::test]
async fn the_walk_ends_at_the_first_that_may_stay() {
    let outbox = Outbox::new();
    let mut lease = outbox.lease();
    let mut bounds = Bounds::new(Duration::from_secs(60), 1000, Duration::ZERO);
    for (name, seconds) in [("a", -70), ("b", -5), ("c", -70)] {
        outbox.report(&[name], seconds).await;
    }
    keep(&outbox, &mut lease, &mut bounds).await;
    keep(&outbox, &mut lease, &mut bounds).await;
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (2, 1));
}

#[tokio::test]
async fn nothing_is_dropped_by_a_server_that_may_not_send() {
    let outbox = Outbox::new();
    let mut lease = outbox.lease();
    assert_eq!(outbox.lease().hold().await, Ok(true), "another server has it");
    let mut bounds = Bounds::new(Duration::from_secs(3600), 1, Duration::ZERO);
    outbox.report(&["a", "b"], 0).await;
    keep(&outbox, &mut lease, &mut bounds).await;
    let kept = bounds.keep(&mut lease, TARGET, &outbox.metrics);
    assert_eq!(kept.await, Ok(false));
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (2, 0));
}
