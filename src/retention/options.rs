//! What a purge deletes, and how fast.

use std::time::Duration;

use crate::config;
use crate::message::time;
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
}

/// A listener that is disabled, or fetches its deliveries, has at least a week, in microseconds.
const SHORTEST_WAIT: i64 = 7 * 86_400 * time::SECOND;

impl Options {
    /// Returns the configured limits for events as of `now`.
    pub fn of_events(config: &config::Events, now: i64) -> (i64, i64) {
        let age = i64::try_from(config.max_age.as_micros()).unwrap_or(i64::MAX);
        // Events for an existing driver are dropped by its dispatcher, which warns first.
        (
            now.saturating_sub(config.keep.micros()),
            now.saturating_sub(age.saturating_mul(2)),
        )
    }

    /// Returns the configured limit for failure notifications as of `now`.
    pub fn of_failures(config: &config::Recovery, now: i64) -> i64 {
        now.saturating_sub(config.keep.micros())
    }

    /// Returns the configured limits for deliveries of listeners as of `now`.
    pub fn of_listeners(config: &config::Listeners, now: i64) -> KeptSince {
        let waiting = config
            .keep
            .micros()
            .max(config.keep_dead.micros())
            .max(SHORTEST_WAIT);
        KeptSince {
            delivered: now.saturating_sub(config.keep.micros()),
            dead: now.saturating_sub(config.keep_dead.micros()),
            waiting: now.saturating_sub(waiting),
        }
    }
}
