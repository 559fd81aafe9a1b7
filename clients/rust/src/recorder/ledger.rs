//! The account of every message: how many there were, where they are, and a warning for each kind of loss.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// At most one warning of a kind in this time.
const WARN_EVERY: Duration = Duration::from_secs(10);

/// Numbers of messages since the recorder was built. Taken while the recorder works, they may be one step
/// apart; at rest `recorded + restored = delivered + refused + dropped + pending + spooled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Given to [`Recorder::record`](super::Recorder::record).
    pub recorded: u64,
    /// Found in the spool at start.
    pub restored: u64,
    /// Taken by the server.
    pub delivered: u64,
    /// Refused by the server (400, 413, 422), or not fit to be sent: malformed project id, more than 64 KiB.
    pub refused: u64,
    /// Lost: queue and spool were full, or there was neither server nor spool at the end, or a spool file was
    /// damaged.
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

/// Where a message waited before it was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// In memory.
    Memory,
    /// In the spool.
    Disk,
}

impl Ledger {
    /// Counts a message that a caller gives.
    pub fn recorded(&self) {
        self.recorded.fetch_add(1, Relaxed);
    }

    /// Takes a place in memory, if there is one within `bound`.
    pub fn reserve(&self, bound: u64) -> bool {
        let free = self.pending.fetch_add(1, Relaxed) < bound;
        if !free {
            self.pending.fetch_sub(1, Relaxed);
        }
        free
    }

    /// Messages in memory.
    pub fn pending(&self) -> u64 {
        self.pending.load(Relaxed)
    }

    /// Counts messages that the spool held at start.
    pub fn restored(&self, count: u64) {
        self.restored.fetch_add(count, Relaxed);
        self.spooled.fetch_add(count, Relaxed);
    }

    /// Messages went from memory to disk.
    pub fn spilled(&self, count: u64) {
        self.spooled.fetch_add(count, Relaxed);
        self.pending.fetch_sub(count, Relaxed);
    }

    /// The server took them.
    pub fn delivered(&self, count: u64, from: From) {
        self.delivered.fetch_add(count, Relaxed);
        self.leave(count, from);
    }

    /// The server refused a message.
    pub fn refused(&self, project: &str, code: &str, status: u16, from: From) {
        self.leave(1, from);
        self.unfit(project, code, &format!("answered {status}"));
    }

    /// A message is not fit to be sent.
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

    /// Messages are lost that had a place.
    pub fn lost(&self, project: &str, code: &str, count: u64, from: From) {
        self.leave(count, from);
        self.dropped(project, code, count);
    }

    /// Messages are lost.
    pub fn dropped(&self, project: &str, code: &str, count: u64) {
        let dropped = self.dropped.fetch_add(count, Relaxed) + count;
        if self.drop_warning.pass() {
            tracing::warn!(project.id = project, code, dropped, "messages were dropped");
        }
    }

    /// The numbers now.
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

/// Lets one of many equal warnings pass; the counters in it tell of the others.
pub(super) struct Limiter {
    start: Instant,
    /// Milliseconds after `start`.
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
    /// Whether to warn now.
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
