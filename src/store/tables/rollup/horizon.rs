//! The times that roll-ups may have passed, as far as this process knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Up to when a new message may lie behind the position. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::store) struct Horizon(Arc<AtomicI64>);

/// Before the process has looked.
const UNKNOWN: i64 = i64::MIN;

impl Default for Horizon {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl Horizon {
    /// Notes it, in microseconds since 1970.
    pub(in crate::store) fn set(&self, time: i64) {
        self.0.store(time, Ordering::Relaxed);
    }

    /// Whether roll-ups have passed this time, or soon will have; `None` if the process has not looked.
    pub(in crate::store) fn is_near(&self, time: i64) -> Option<bool> {
        let horizon = self.0.load(Ordering::Relaxed);
        (horizon != UNKNOWN).then_some(time <= horizon)
    }
}
