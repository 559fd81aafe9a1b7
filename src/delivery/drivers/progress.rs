//! How far a delivery has come.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many of the first events of a delivery have arrived, for who waits for its end.
#[derive(Debug, Default)]
pub struct Progress(AtomicUsize);

impl Progress {
    /// Notes that the next event has arrived.
    pub fn arrived(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many have.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
