//! What the outbox does not keep for ever.

use std::time::Duration;

use tidings::clock::Clock;
use tidings::delivery::Bounds;

use super::{Outbox, TARGET};
use crate::support::NOW;

async fn keep(outbox: &Outbox, bounds: &mut Bounds) {
    bounds
        .keep(&outbox.store, &Clock::fixed(NOW), TARGET, &outbox.metrics)
        .await
        .unwrap();
}

#[tokio::test]
async fn too_many_are_dropped_oldest_first_after_a_warning() {
    let outbox = Outbox::new();
    let mut bounds = Bounds::new(Duration::from_secs(3600), 3, Duration::ZERO);
    outbox.report(&["a", "b", "c", "d", "e"], -1).await;
    keep(&outbox, &mut bounds).await;
    assert_eq!(outbox.waiting().await, 5, "the first look only warns");
    assert_eq!(outbox.metrics.waiting.get(), 5);
    keep(&outbox, &mut bounds).await;
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (3, 2));
    let left = outbox
        .store
        .read(|conn| tidings::store::event::outbox::claim(conn, TARGET, 10))
        .await
        .unwrap();
    let left: Vec<&str> = left.iter().map(|event| event.publisher_id.as_str()).collect();
    assert_eq!(left, ["c", "d", "e"]);
    // What waits for another driver is not touched.
    let other = outbox
        .store
        .read(|conn| tidings::store::event::outbox::backlog(conn, "other"));
    assert_eq!(other.await.unwrap().rows, 5);
}

#[tokio::test]
async fn what_waited_for_too_long_is_dropped_after_a_warning() {
    let outbox = Outbox::new();
    let mut bounds = Bounds::new(Duration::from_secs(60), 1000, Duration::ZERO);
    outbox.report(&["a"], -61).await;
    outbox.report(&["b"], -5).await;
    keep(&outbox, &mut bounds).await;
    assert_eq!(outbox.waiting().await, 2);
    assert!(outbox.metrics.oldest.get() > 60.9);
    keep(&outbox, &mut bounds).await;
    assert_eq!((outbox.waiting().await, outbox.metrics.dropped.get()), (1, 1));
}
