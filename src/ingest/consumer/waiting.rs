//! Failures that nobody is known to be told of yet.
//!
//! With several servers the notification that says whose a resource is may be with another one, read and not recorded yet. So
//! what is nobody's is tried again for a time, unacknowledged, before it is given up.

use std::time::{Duration, Instant};

use lapin::message::Delivery;

use super::feed::{Weighed, Weight};

/// For so long: more than a server that works takes for what it has read ahead.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often.
pub(super) const AGAIN: Duration = Duration::from_secs(1);

/// A delivery that was read.
pub(super) struct Received {
    /// It.
    pub(super) delivery: Delivery,
    /// Its part of what is held.
    _weight: Weight,
    since: Instant,
}

impl Received {
    /// It was read now.
    pub(super) fn now((delivery, weight): Weighed) -> Self {
        Self {
            delivery,
            _weight: weight,
            since: Instant::now(),
        }
    }

    /// Whether it is worth waiting for somebody to tell whose it is.
    pub(super) fn may_wait(&self) -> bool {
        self.since.elapsed() < PATIENCE
    }
}
