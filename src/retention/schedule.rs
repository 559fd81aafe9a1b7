//! The periodic purge inside a server.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::options::Options;
use super::{Error, Purge};
use crate::clock::Clock;
use crate::config;
use crate::event::Reporter;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::worker::{Next, Rest, Task, Worker};

/// Periodic purges: one at the start and one after each `every`.
pub struct Schedule {
    /// The time from the start of one purge to that of the next.
    pub every: Duration,
    /// The settings of a purge.
    pub purge: config::Purge,
    /// How long events are kept.
    pub events: config::Events,
    /// How long deliveries of listeners are kept.
    pub listeners: config::Listeners,
    /// How long failure notifications are kept.
    pub recovery: config::Recovery,
    /// Reports purged messages.
    pub reporter: Reporter,
    /// The store to purge.
    pub store: Store,
    /// Determines the age of rows.
    pub clock: Clock,
    /// Counts purges.
    pub metrics: Metrics,
}

impl Worker for Schedule {
    /// Ends a running purge after its batch. Aborted, its lease would block others for a minute.
    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let begun = Instant::now();
        let purge = self.purge().stopped_by(stop.clone());
        report(purge.run(|_| ()).await);
        Next::Rest(Rest::of(self.every.saturating_sub(begun.elapsed())))
    }
}

impl Schedule {
    /// Returns the schedule as a task to start.
    pub fn task(self) -> Task {
        Task::new("purge", self)
    }

    fn purge(&self) -> Purge {
        let now = self.clock.now();
        let (kept_before, waiting_before) = Options::of_events(&self.events, now);
        let options = Options {
            batch_size: self.purge.batch_size,
            pause: self.purge.pause,
            max_rows: None,
            expired_before: now,
            kept_before,
            waiting_before,
            failures_before: Options::of_failures(&self.recovery, now),
            listeners_since: Options::of_listeners(&self.listeners, now),
        };
        let (store, clock, metrics) = (self.store.clone(), self.clock.clone(), self.metrics.clone());
        Purge::new(store, clock, metrics, self.reporter.clone(), options)
    }
}

fn report(outcome: Result<super::PurgeReport, Error>) {
    match outcome {
        Ok(report) => {
            tracing::info!(
                messages = report.messages,
                keys = report.keys,
                events = report.events,
                undelivered = report.undelivered,
                deliveries = report.deliveries,
                failures = report.failures,
                notifications = report.notifications,
                sessions = report.sessions,
                confirmations = report.confirmations,
                read_marks = report.read_marks,
                left = report.left,
                seconds = report.elapsed.as_secs_f64(),
                "purged"
            );
        }
        Err(Error::Held(holder)) => tracing::info!(holder, "another purge is running"),
        Err(error) => tracing::error!(%error, "the purge failed"),
    }
}
