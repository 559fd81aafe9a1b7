//! Moves events that servers of the previous release leave in the outbox. To be removed with the next release.

use std::time::{Duration, Instant};

use super::lease::Lease;
use crate::store::{Error, delivery};

/// How often the outbox is checked.
const INTERVAL: Duration = Duration::from_secs(5);

/// The most transactions of one step: the events that were moved are delivered before the next.
const BATCHES: usize = 50;

/// Moves the events of one target from the outbox to the deliveries.
#[derive(Debug, Default)]
pub(super) struct LastRelease {
    next: Option<Instant>,
}

impl LastRelease {
    /// Moves the oldest events that no server of the previous release is delivering, if it is time to check. Renews the lease with
    /// each transaction; returns whether it is still held.
    ///
    /// # Errors
    /// Any error of the database.
    pub(super) async fn take_over(&mut self, lease: &mut Lease, target: &'static str) -> Result<bool, Error> {
        let checked = Instant::now();
        if self.next.is_some_and(|next| checked < next) {
            return Ok(true);
        }
        let mut waits = lease
            .store()
            .read(move |read| delivery::outbox_waits(read, target))
            .await?;
        for _ in 0..BATCHES {
            if !waits {
                self.next = Some(checked + INTERVAL);
                break;
            }
            let now = lease.clock().now();
            let moved = lease.write(move |tx| delivery::move_outbox(tx, target, now));
            match moved.await? {
                Some(has_more) => waits = has_more,
                None => return Ok(false),
            }
        }
        Ok(true)
    }
}
