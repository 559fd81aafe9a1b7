//! Drivers that neither deliver nor fail, like a broker with an alarm.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tidings::delivery::{Bounds, Delivered, Driver, Pace, Progress, Step};
use tidings::event::Envelope;

use super::{Outbox, pace};
use crate::support::until;

/// Lets one event through and then never ends, in sending or in closing.
#[derive(Clone, Default)]
struct Stuck {
    given_up: Arc<AtomicUsize>,
}

impl Driver for Stuck {
    async fn deliver(&mut self, _: &[Envelope], progress: &Progress) -> Delivered {
        progress.arrived();
        std::future::pending().await
    }

    fn give_up(&mut self) -> String {
        self.given_up.fetch_add(1, Ordering::Relaxed);
        "it is stuck".to_owned()
    }

    async fn close(&mut self) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test]
async fn a_delivery_that_does_not_come_on_has_failed() {
    let outbox = Outbox::new();
    let driver = Stuck::default();
    let impatient = Pace {
        patience: Duration::from_millis(100),
        ..pace()
    };
    let mut dispatcher = outbox.dispatcher(driver.clone(), impatient);
    outbox.report(&["a", "b"], 0).await;
    assert!(matches!(dispatcher.step().await, Ok(Step::Failed(_))));
    // What had arrived by then is not sent again.
    assert_eq!((outbox.waiting().await, outbox.metrics.delivered.get()), (1, 1));
    assert_eq!(
        (
            outbox.metrics.failures.get(),
            driver.given_up.load(Ordering::Relaxed)
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn the_outbox_is_bounded_while_a_delivery_is_under_way() {
    let outbox = Outbox::new();
    let bounded = Pace {
        bounds: Bounds::new(Duration::from_secs(3600), 3, Duration::ZERO),
        ..pace()
    };
    outbox.report(&["a"], -9).await;
    let running = outbox.start(Stuck::default(), bounded);
    outbox.report(&["b", "c", "d", "e", "f"], -7).await;
    until("the bound", async || {
        outbox.waiting().await <= 3 && outbox.metrics.waiting.get() == 3
    })
    .await;
    assert_eq!(outbox.metrics.dropped.get(), 3);
    assert!(outbox.metrics.oldest.get() > 6.9);
    running.cancel();
}

#[tokio::test]
async fn a_stop_waits_for_no_broker() {
    let outbox = Outbox::new();
    let driver = Stuck::default();
    outbox.report(&["a", "b"], 0).await;
    let started = Instant::now();
    outbox.start(driver.clone(), pace()).stop().await;
    // The limits of a delivery, of the lease and of the connection, and some time for a busy machine.
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(driver.given_up.load(Ordering::Relaxed), 1);
    // The next server need not wait for the lease to run out.
    assert_eq!(outbox.lease().hold().await, Ok(true));
}

#[tokio::test]
async fn a_renewal_without_a_caller_does_not_outlive_the_release() {
    let outbox = Outbox::new();
    for _ in 0..20 {
        // Each has a holder of its own, which the lease of the one before it would refuse.
        let mut lease = outbox.lease();
        assert_eq!(lease.hold().await, Ok(true));
        // Dropped once it is under way.
        drop(futures_util::poll!(Box::pin(lease.renew())));
        lease.release().await.unwrap();
    }
}
