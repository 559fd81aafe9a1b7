//! Deliveries whose owner is not known yet.
//!
//! With several servers, another one may have received the notification that reveals a resource's owner but not
//! recorded it yet. So deliveries without a known owner are retried for a while, unacknowledged, before they are given
//! up.

use std::time::{Duration, Instant};

use lapin::message::Delivery;

use super::feed::{Weighed, Weight};

/// How long: more than a healthy server needs for what it has prefetched.
const PATIENCE: Duration = Duration::from_secs(10);

/// The interval between retries.
pub(super) const AGAIN: Duration = Duration::from_secs(1);

/// A decoded delivery.
pub(super) struct Received {
    /// The delivery.
    pub(super) delivery: Delivery,
    /// Its share of the held bytes.
    _weight: Weight,
    since: Instant,
}

impl Received {
    /// Marks it as received now.
    pub(super) fn now((delivery, weight): Weighed) -> Self {
        Self {
            delivery,
            _weight: weight,
            since: Instant::now(),
        }
    }

    /// Whether it is still worth waiting for the owner.
    pub(super) fn may_wait(&self) -> bool {
        self.since.elapsed() < PATIENCE
    }
}
