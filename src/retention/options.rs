//! What a purge deletes, and how fast.

use std::time::Duration;

use crate::config::Config;
use crate::message::{Kept, time};
use crate::store::delivery::KeptSince;

/// The options of a purge.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rows per transaction.
    pub batch_size: usize,
    /// The pause between two batches, for the sake of writers.
    pub pause: Duration,
    /// The most messages to delete; `None` for no limit.
    pub max_rows: Option<u64>,
    /// Messages that expired before this time are deleted, in microseconds since 1970; never later than now.
    pub expired_before: i64,
    /// Audited events reported before this time are deleted.
    pub kept_before: i64,
    /// Undelivered events reported before this time are deleted, whether or not their driver exists.
    pub waiting_before: i64,
    /// Final failure notifications accepted before this time are deleted.
    pub failures_before: i64,
    /// Deliveries of listeners for events reported before these times are deleted.
    pub listeners_since: KeptSince,
    /// How long the numbers of recorded messages are kept.
    pub counts: Kept,
}

/// A listener that is disabled, or fetches its deliveries, has at least a week, in microseconds.
const SHORTEST_WAIT: i64 = 7 * 86_400 * time::SECOND;

impl Options {
    /// Returns the configured options as of `now`.
    pub fn configured(config: &Config, now: i64) -> Self {
        let Config {
            purge,
            events,
            listeners,
            recovery,
            ..
        } = config;
        let max_age = i64::try_from(events.max_age.as_micros()).unwrap_or(i64::MAX);
        let (keep, keep_dead) = (listeners.keep.micros(), listeners.keep_dead.micros());
        Self {
            counts: Kept::of(&config.statistics),
            batch_size: purge.batch_size,
            pause: purge.pause,
            max_rows: None,
            expired_before: now,
            kept_before: now.saturating_sub(events.keep.micros()),
            // Events for an existing driver are dropped by its dispatcher, which warns first.
            waiting_before: now.saturating_sub(max_age.saturating_mul(2)),
            failures_before: now.saturating_sub(recovery.keep.micros()),
            listeners_since: KeptSince {
                delivered: now.saturating_sub(keep),
                dead: now.saturating_sub(keep_dead),
                waiting: now.saturating_sub(keep.max(keep_dead).max(SHORTEST_WAIT)),
            },
        }
    }

    /// Returns the size of the next batch of messages after this many were deleted.
    pub(super) fn next_size(&self, deleted: u64) -> u64 {
        let size = self.batch_size as u64;
        self.max_rows
            .map_or(size, |max| size.min(max.saturating_sub(deleted)))
    }
}
