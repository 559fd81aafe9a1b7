//! One purge: takes the lease, and deletes batch by batch until nothing is left or it is stopped.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::count;
use super::options::Options;
use super::report::{Error, PurgeReport};
use super::sweep::{LEASE, Sweep};
use crate::clock::Clock;
use crate::event::Reporter;
use crate::store::{Store, holder, lease};
use crate::telemetry::Metrics;

/// A purge of a store.
pub struct Purge {
    sweep: Sweep,
    metrics: Metrics,
    reporter: Reporter,
}

impl Purge {
    /// Creates a purge by this process.
    pub fn new(store: Store, clock: Clock, metrics: Metrics, reporter: Reporter, options: Options) -> Self {
        let sweep = Sweep {
            store,
            clock,
            options,
            holder: holder::new(),
            stop: CancellationToken::new(),
        };
        Self {
            sweep,
            metrics,
            reporter,
        }
    }

    /// Returns the purge with a token that stops it after the current batch.
    #[must_use]
    pub fn stopped_by(mut self, stop: CancellationToken) -> Self {
        self.sweep.stop = stop;
        self
    }

    /// Counts what would be deleted.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn count(&self) -> Result<PurgeReport, Error> {
        count::all(&self.sweep.store, &self.sweep.options).await
    }

    /// Counts the expired messages.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn count_messages(&self) -> Result<u64, Error> {
        count::messages(&self.sweep.store, &self.sweep.options).await
    }

    /// Deletes; after each batch, reports the messages deleted so far to `progress`.
    ///
    /// # Errors
    /// [`Error::Held`], naming the holder, if another purge is running.
    pub async fn run(&self, mut progress: impl FnMut(u64)) -> Result<PurgeReport, Error> {
        let started = Instant::now();
        let mut report = PurgeReport::default();
        let done = self.delete(&mut report, &mut progress).await;
        let Sweep { store, clock, .. } = &self.sweep;
        let holder = self.sweep.holder.clone();
        let released = if matches!(done, Err(Error::Held(_))) {
            Ok(())
        } else {
            let release = store.write(move |tx| lease::release(tx, LEASE, &holder));
            release.await
        };
        // Whatever stopped the purge usually also prevents the release of the lease, and is more informative.
        report.is_interrupted = !done?;
        released?;
        report.left = self.count_messages().await?;
        report.elapsed = started.elapsed();
        self.metrics.purge.finished(report.elapsed, clock.now());
        Ok(report)
    }

    /// Deletes everything; returns whether it finished.
    async fn delete(&self, report: &mut PurgeReport, progress: &mut impl FnMut(u64)) -> Result<bool, Error> {
        let sweep = &self.sweep;
        if !sweep.count_recorded().await? {
            return Ok(false);
        }
        let has_all = loop {
            let size = sweep.options.next_size(report.messages);
            let deleted = sweep.messages(size, &self.reporter).await?;
            report.messages += deleted;
            self.metrics.rows.purged.inc_by(deleted);
            progress(report.messages);
            if deleted < size || size == 0 {
                break size > 0;
            }
            if sweep.pause().await {
                return Ok(false);
            }
        };
        // As long as a message is visible, its states are.
        Ok(sweep.expired(report).await?
            && (!has_all || sweep.states(&mut report.read_marks).await?)
            && sweep.undelivered(&mut report.undelivered, &self.metrics).await?
            && sweep.deliveries(&mut report.deliveries).await?
            && sweep.failures(&mut report.failures).await?
            && sweep.kept_events(&mut report.events).await?
            && sweep.pending_events().await?)
    }
}
