//! The periodic purge inside a server.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::options::Options;
use super::purge::Purge;
use super::report::{Error, PurgeReport};
use crate::clock::Clock;
use crate::config::Config;
use crate::event::Reporter;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::worker::{Next, Rest, Task, Worker};

/// Periodic purges: one at the start and one after each `every`.
pub struct Schedule {
    /// The time from the start of one purge to that of the next.
    pub every: Duration,
    /// How much is deleted at once, and how long rows are kept.
    pub config: Config,
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
        let options = Options::configured(&self.config, self.clock.now());
        let (store, clock, metrics) = (self.store.clone(), self.clock.clone(), self.metrics.clone());
        Purge::new(store, clock, metrics, self.reporter.clone(), options)
    }
}

fn report(outcome: Result<PurgeReport, Error>) {
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
                statistics = report.statistics,
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
