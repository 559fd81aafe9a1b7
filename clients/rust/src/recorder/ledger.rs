//! Accounts for every message, and warns about each kind of loss.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// The interval between two warnings of the same kind.
const WARN_EVERY: Duration = Duration::from_secs(10);

/// Message counts since the recorder was built. While it works they may be one step apart; at rest,
/// `recorded + restored = delivered + refused + dropped + pending + spooled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Passed to [`Recorder::record`](super::Recorder::record).
    pub recorded: u64,
    /// Found in the spool at start.
    pub restored: u64,
    /// Recorded by the server.
    pub delivered: u64,
    /// Refused by the server (400, 413, 422), or not sendable: malformed project id, more than 64 KiB.
    pub refused: u64,
    /// Lost because the queue and the spool were full, because neither server nor spool was available at the end, or
    /// because a spool file was damaged.
    pub dropped: u64,
    /// In memory now.
    pub pending: u64,
    /// On disk now.
    pub spooled: u64,
}

/// Counters shared by the callers and the background thread.
#[derive(Default)]
pub(super) struct Ledger {
    recorded: AtomicU64,
    restored: AtomicU64,
    delivered: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
    pending: AtomicU64,
    spooled: AtomicU64,
    drop_warning: Limiter,
    refuse_warning: Limiter,
}

/// Where a message was before it was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// In memory.
    Memory,
    /// In the spool.
    Disk,
}

impl Ledger {
    /// Counts a message from a caller.
    pub fn recorded(&self) {
        self.recorded.fetch_add(1, Relaxed);
    }

    /// Reserves a slot in memory if fewer than `bound` are taken.
    pub fn reserve(&self, bound: u64) -> bool {
        let free = self.pending.fetch_add(1, Relaxed) < bound;
        if !free {
            self.pending.fetch_sub(1, Relaxed);
        }
        free
    }

    /// Returns the number of messages in memory.
    pub fn pending(&self) -> u64 {
        self.pending.load(Relaxed)
    }

    /// Counts messages that the spool held at start.
    pub fn restored(&self, count: u64) {
        self.restored.fetch_add(count, Relaxed);
        self.spooled.fetch_add(count, Relaxed);
    }

    /// Counts messages that moved from memory to disk.
    pub fn spilled(&self, count: u64) {
        self.spooled.fetch_add(count, Relaxed);
        self.pending.fetch_sub(count, Relaxed);
    }

    /// Counts messages that the server recorded.
    pub fn delivered(&self, count: u64, from: From) {
        self.delivered.fetch_add(count, Relaxed);
        self.leave(count, from);
    }

    /// Counts a message that the server refused.
    pub fn refused(&self, project: &str, code: &str, status: u16, from: From) {
        self.leave(1, from);
        self.unfit(project, code, &format!("answered {status}"));
    }

    /// Counts a message that cannot be sent.
    pub fn unfit(&self, project: &str, code: &str, reason: &str) {
        let refused = self.refused.fetch_add(1, Relaxed) + 1;
        if self.refuse_warning.pass() {
            tracing::warn!(
                project.id = project,
                code,
                reason,
                refused,
                "a message was refused"
            );
        }
    }

    /// Counts lost messages that held slots.
    pub fn lost(&self, project: &str, code: &str, count: u64, from: From) {
        self.leave(count, from);
        self.dropped(project, code, count);
    }

    /// Counts lost messages.
    pub fn dropped(&self, project: &str, code: &str, count: u64) {
        let dropped = self.dropped.fetch_add(count, Relaxed) + count;
        if self.drop_warning.pass() {
            tracing::warn!(project.id = project, code, dropped, "messages were dropped");
        }
    }

    /// Returns the current counts.
    pub fn stats(&self) -> Stats {
        Stats {
            recorded: self.recorded.load(Relaxed),
            restored: self.restored.load(Relaxed),
            delivered: self.delivered.load(Relaxed),
            refused: self.refused.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
            pending: self.pending(),
            spooled: self.spooled.load(Relaxed),
        }
    }

    fn leave(&self, count: u64, from: From) {
        let place = match from {
            From::Memory => &self.pending,
            From::Disk => &self.spooled,
        };
        place.fetch_sub(count, Relaxed);
    }
}

/// Limits the rate of equal warnings; their counters account for the suppressed ones.
pub(super) struct Limiter {
    start: Instant,
    /// Milliseconds since `start`.
    next: AtomicU64,
}

impl Default for Limiter {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            next: AtomicU64::new(0),
        }
    }
}

impl Limiter {
    /// Whether a warning may be logged now.
    pub fn pass(&self) -> bool {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let now = millis(self.start.elapsed());
        let next = self.next.load(Relaxed);
        now >= next
            && self
                .next
                .compare_exchange(next, now + millis(WARN_EVERY), Relaxed, Relaxed)
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_up_to_the_bound_and_come_free_again() {
        let ledger = Ledger::default();
        assert_eq!((0..5).filter(|_| ledger.reserve(3)).count(), 3);
        ledger.delivered(1, From::Memory);
        ledger.spilled(1);
        assert_eq!((0..5).filter(|_| ledger.reserve(3)).count(), 2);
        let stats = ledger.stats();
        assert_eq!((stats.pending, stats.spooled, stats.delivered), (3, 1, 1));
    }

    #[test]
    fn of_many_equal_warnings_one_passes() {
        let limiter = Limiter::default();
        assert_eq!((0..100).filter(|_| limiter.pass()).count(), 1);
    }
}
