//! How far roll-ups may have counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The time up to which messages may be counted already, as this process last saw it. Clones share it. A transaction with
/// older messages counts them itself; all others leave alone the one row that every counting transaction locks.
#[derive(Clone)]
pub(in crate::store) struct Horizon(Arc<AtomicI64>);

/// The value until a roll-up worker of this process has noted a time.
const UNKNOWN: i64 = i64::MIN;

impl Default for Horizon {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(UNKNOWN)))
    }
}

impl Horizon {
    /// Notes that messages may be counted up to `at`, in microseconds since 1970.
    pub(in crate::store) fn note(&self, at: i64) {
        self.0.store(at, Ordering::Relaxed);
    }

    /// Whether a message that was created then may lie behind what is counted; `None` if no roll-up worker runs in this
    /// process.
    pub(super) fn has_passed(&self, created_at: i64) -> Option<bool> {
        let at = self.0.load(Ordering::Relaxed);
        (at != UNKNOWN).then_some(created_at <= at)
    }
}
