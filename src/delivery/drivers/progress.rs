//! The progress of a delivery.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the delivered events, from the first, while the delivery is in progress.
#[derive(Debug, Default)]
pub struct Progress(AtomicUsize);

impl Progress {
    /// Counts the next event as delivered.
    pub fn arrived(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the count.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
