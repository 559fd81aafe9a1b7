//! What every handler is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::healthcheck::Checkup;
use super::messages::stream::Hub;
use super::quota::Quotas;
use super::route::Routes;
use super::sign_in::Attempts;
use super::unknown::UnknownCodes;
use crate::clock::Clock;
use crate::config::{Config, ResourceLink};
use crate::event::Reporter;
use crate::identity::{Owners, Policy, Sessions, Source};
use crate::message::time;
use crate::store::{self, Store};
use crate::telemetry::Metrics;

/// The server's parts.
pub struct App {
    /// The configuration it was started with.
    pub config: Config,
    /// The message store.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Counters and histograms.
    pub metrics: Metrics,
    /// Where identities come from.
    pub identity: Source,
    /// Browsers that are signed in.
    pub sessions: Sessions,
    /// Attempts to sign in.
    pub attempts: Attempts,
    /// What callers may do.
    pub policy: Policy,
    /// Which services may record which messages.
    pub owners: Owners,
    /// What makes events of what happens.
    pub reporter: Reporter,
    /// How much may be recorded for each project.
    pub quotas: Quotas,
    /// The event streams.
    pub hub: Hub,
    /// The figures of each route.
    pub routes: Routes,
    /// How many messages there are, for the figures.
    pub rows: Arc<RowCount>,
    /// The codes of rows that the catalog does not know.
    pub unknown_codes: Arc<UnknownCodes>,
    /// Where the pages show resources.
    pub resource_links: Arc<Vec<ResourceLink>>,
    /// What the healthcheck found last.
    pub checkup: Checkup,
}

/// The number of messages, counted once a minute at most: counting walks an index.
#[derive(Debug)]
pub struct RowCount {
    rows: AtomicI64,
    counted_at: AtomicI64,
}

impl Default for RowCount {
    fn default() -> Self {
        Self {
            rows: AtomicI64::new(-1),
            counted_at: AtomicI64::new(i64::MIN),
        }
    }
}

impl RowCount {
    /// The number that was counted last, if any was.
    pub fn last(&self) -> Option<i64> {
        Some(self.rows.load(Ordering::Relaxed)).filter(|rows| *rows >= 0)
    }

    /// Whether it is time to count anew, which it is for one caller a minute.
    pub fn is_due(&self, now: i64) -> bool {
        let last = self.counted_at.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(last) >= 60 * time::SECOND;
        is_due
            && self
                .counted_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Counts anew. Where that fails the last number stands, and the log says so.
    pub async fn count(&self, store: &Store) {
        match store.read(store::message::count).await {
            Ok(rows) => self.rows.store(rows, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "the messages could not be counted for the figures"),
        }
    }
}
