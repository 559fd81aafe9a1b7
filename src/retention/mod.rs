//! Purge: deletes expired rows in small batches.
//!
//! A lease in the database allows one purge at a time; each batch renews it. A purge that dies leaves nothing half
//! done: the next one on the same host takes the lease over at once, one on another host once it has expired.

mod options;
mod schedule;

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::event::Reporter;
use crate::message::{Position, time};
use crate::store::delivery::{self, SweptTo};
use crate::store::{self, Store, Timed, Tx, event, failure, holder, lease, read_state};
use crate::telemetry::Metrics;
pub use options::Options;
pub use schedule::Schedule;

/// The lease's name.
const LEASE: &str = "purge";

/// How long the lease of a dead purge keeps other hosts away, in microseconds.
const LEASE_TIME: i64 = 60 * time::SECOND;

/// The age in microseconds from which a purge checks whether all deliveries of an event are complete: younger events are
/// mostly in delivery.
const SETTLING: i64 = 60 * time::SECOND;

/// The result of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PurgeReport {
    /// Messages deleted, or to be deleted.
    pub messages: u64,
    /// Idempotency keys deleted.
    pub keys: u64,
    /// Audited events deleted.
    pub events: u64,
    /// Undelivered events dropped after twice their maximum age, mostly for a driver that no server has any more.
    pub undelivered: u64,
    /// Deliveries of listeners deleted, each with its attempts.
    pub deliveries: u64,
    /// Failure notifications deleted, each with its history.
    pub failures: u64,
    /// Records of notifications deleted: the keys of recorded ones, and the owners of resources.
    pub notifications: u64,
    /// Browser sessions deleted.
    pub sessions: u64,
    /// Confirmations of e-mail addresses deleted that were not given in time, or refused long ago.
    pub confirmations: u64,
    /// Read marks and late arrivals deleted.
    pub read_marks: u64,
    /// Expired messages left.
    pub left: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// Whether it was stopped early.
    pub is_interrupted: bool,
}

/// Why a purge did not finish.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another purge is running.
    #[error("a purge is already running: {0}")]
    Held(String),
    /// The store failed; what was deleted before stays deleted.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A purge of a store.
pub struct Purge {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    options: Options,
    holder: String,
    reporter: Reporter,
    stop: CancellationToken,
}

impl Purge {
    /// Creates a purge by this process.
    pub fn new(store: Store, clock: Clock, metrics: Metrics, reporter: Reporter, options: Options) -> Self {
        Self {
            store,
            clock,
            metrics,
            options,
            holder: holder::new(),
            reporter,
            stop: CancellationToken::new(),
        }
    }

    /// Returns the purge with a token that stops it after the current batch.
    #[must_use]
    pub fn stopped_by(self, stop: CancellationToken) -> Self {
        Self { stop, ..self }
    }

    /// Counts what would be deleted.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn count(&self) -> Result<PurgeReport, Error> {
        let (store, before) = (&self.store, self.options.expired_before);
        let passed = store
            .read(move |read| read_state::passed_before(read, before))
            .await?;
        let expired = |rows| store.count_before(rows, before);
        Ok(PurgeReport {
            messages: self.count_messages().await?,
            keys: expired(Timed::KEYS).await?,
            notifications: expired(Timed::NOTIFICATIONS).await? + expired(Timed::OWNERS).await?,
            sessions: expired(Timed::SESSIONS).await?,
            confirmations: expired(Timed::CONFIRMATIONS).await?,
            read_marks: expired(Timed::READ_MARKS).await?
                + expired(Timed::LATE).await?
                + store.count_before(Timed::WATERMARKS, passed).await?,
            events: store
                .count_before(Timed::EVENTS, self.options.kept_before)
                .await?,
            undelivered: store.count_undelivered(self.options.waiting_before).await?,
            deliveries: self.count_deliveries().await?,
            failures: store
                .count_before(Timed::FAILURES, self.options.failures_before)
                .await?,
            ..PurgeReport::default()
        })
    }

    /// Counts the expired messages.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn count_messages(&self) -> Result<u64, Error> {
        let before = self.options.expired_before;
        Ok(self.store.count_before(Timed::MESSAGES, before).await?)
    }

    /// Counts the deliveries of listeners that are too old or belong to no listener.
    async fn count_deliveries(&self) -> Result<u64, Error> {
        let (kept, mut count) = (self.options.listeners_since, 0);
        let size = i64::try_from(self.options.batch_size).unwrap_or(i64::MAX);
        let mut after = Some(SweptTo::nothing());
        while let Some(from) = after {
            let look = self
                .store
                .read(move |read| delivery::look_at_listeners(read, &from, kept, size));
            let found = look.await?;
            count += unsigned_size(found.count());
            after = found.next;
        }
        Ok(count)
    }

    /// Deletes; after each batch, reports the messages deleted so far to `progress`.
    ///
    /// # Errors
    /// [`Error::Held`], naming the holder, if another purge is running.
    pub async fn run(&self, mut progress: impl FnMut(u64)) -> Result<PurgeReport, Error> {
        let started = Instant::now();
        let mut report = PurgeReport::default();
        let done = self.delete(&mut report, &mut progress).await;
        let holder = self.holder.clone();
        let is_ours = !matches!(done, Err(Error::Held(_)));
        let released = if is_ours {
            let release = self.store.write(move |tx| lease::release(tx, LEASE, &holder));
            release.await
        } else {
            Ok(())
        };
        // Whatever stopped the purge usually also prevents the release of the lease, and is more informative.
        done?;
        released?;
        report.left = self.count_messages().await?;
        report.elapsed = started.elapsed();
        self.metrics.purge.finished(report.elapsed, self.clock.now());
        Ok(report)
    }

    async fn delete(&self, report: &mut PurgeReport, progress: &mut impl FnMut(u64)) -> Result<(), Error> {
        loop {
            let size = self.next_size(report.messages);
            let deleted = self.purge_messages(size).await?;
            report.messages += deleted;
            self.metrics.rows.purged.inc_by(deleted);
            progress(report.messages);
            if deleted < size || size == 0 {
                break;
            }
            if self.pause().await {
                report.is_interrupted = true;
                return Ok(());
            }
        }
        let expired = self.options.expired_before;
        let (kept, waiting) = (self.options.kept_before, self.options.waiting_before);
        let oldest = |rows: Timed| move |tx: &mut Tx<'_>, before, limit| rows.delete(tx, before, limit);
        let swept = self.sweep(&mut report.keys, expired, oldest(Timed::KEYS)).await?
            && self
                .sweep(&mut report.notifications, expired, oldest(Timed::NOTIFICATIONS))
                .await?
            && self
                .sweep(&mut report.notifications, expired, oldest(Timed::OWNERS))
                .await?
            && self
                .sweep(&mut report.sessions, expired, oldest(Timed::SESSIONS))
                .await?
            && self
                .sweep(&mut report.confirmations, expired, oldest(Timed::CONFIRMATIONS))
                .await?
            && self
                .sweep(&mut report.read_marks, expired, oldest(Timed::READ_MARKS))
                .await?
            && self
                .sweep(&mut report.read_marks, expired, oldest(Timed::LATE))
                .await?
            && self
                .sweep(&mut report.read_marks, expired, read_state::delete_passed)
                .await?
            && self.drop_undelivered(&mut report.undelivered, waiting).await?
            && self.sweep_listeners(&mut report.deliveries).await?
            && self.sweep_failures(&mut report.failures).await?
            && self.sweep_kept(&mut report.events, kept).await?
            && self
                .sweep_pending(self.clock.now().saturating_sub(SETTLING))
                .await?;
        report.is_interrupted = !swept;
        Ok(())
    }

    /// Drops events in batches that have waited since before a time; returns whether it finished.
    async fn drop_undelivered(&self, count: &mut u64, before: i64) -> Result<bool, Error> {
        let size = self.options.batch_size;
        while self
            .batch(0, move |tx, _| delivery::move_all_before(tx, before))
            .await?
        {
            if self.pause().await {
                return Ok(false);
            }
        }
        loop {
            let limit = unsigned_size(size);
            let dropped = self.batch(limit, move |tx, _| delivery::drop_before(tx, before, size));
            let dropped = dropped.await?;
            for dropped in &dropped {
                let metrics = self.metrics.events.driver(&dropped.target);
                dropped.report(&metrics, "no server delivered them within twice [events] max_age");
            }
            let deleted: u64 = dropped.iter().map(|dropped| unsigned_size(dropped.count)).sum();
            *count += deleted;
            if deleted < limit {
                return Ok(true);
            }
            if self.pause().await {
                return Ok(false);
            }
        }
    }

    /// Deletes deliveries of listeners that are too old or belong to no listener; returns whether it finished.
    async fn sweep_listeners(&self, count: &mut u64) -> Result<bool, Error> {
        let size = unsigned_size(self.options.batch_size);
        let kept = self.options.listeners_since;
        let mut after = Some(SweptTo::nothing());
        while let Some(from) = after.take() {
            let swept = self.batch(size, move |tx, limit| {
                delivery::sweep_listeners(tx, &from, kept, limit)
            });
            let (deleted, next) = swept.await?;
            *count += unsigned_size(deleted);
            after = next;
            if after.is_some() && self.pause().await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes final failure notifications that are too old; returns whether it finished.
    async fn sweep_failures(&self, count: &mut u64) -> Result<bool, Error> {
        // Each has many rows.
        let size = unsigned_size(self.options.batch_size / 10).max(1);
        let before = self.options.failures_before;
        loop {
            let deleted = self.batch(size, move |tx, limit| failure::purge(tx, before, limit));
            let deleted = unsigned_size(deleted.await?);
            *count += deleted;
            if deleted < size {
                return Ok(true);
            }
            if self.pause().await {
                return Ok(false);
            }
        }
    }

    /// Deletes kept events reported before a time, except those that wait for delivery; returns whether it finished.
    async fn sweep_kept(&self, count: &mut u64, before: i64) -> Result<bool, Error> {
        let size = unsigned_size(self.options.batch_size);
        let mut after = Some(Position::at(i64::MIN));
        while let Some(from) = after.take() {
            let swept = self.batch(size, move |tx, limit| event::sweep_kept(tx, from, before, limit));
            let (deleted, last) = swept.await?;
            *count += unsigned_size(deleted);
            after = last;
            if after.is_some() && self.pause().await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes events whose last deliveries two servers completed at once; returns whether it finished.
    async fn sweep_pending(&self, before: i64) -> Result<bool, Error> {
        let size = unsigned_size(self.options.batch_size);
        let mut after = Some(Vec::new());
        while let Some(from) = after.take() {
            let swept = self.batch(size, move |tx, limit| {
                event::sweep_pending(tx, &from, before, limit)
            });
            after = swept.await?;
            if after.is_some() && self.pause().await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes other rows in batches that are older than a time; returns whether it finished.
    async fn sweep<F>(&self, count: &mut u64, before: i64, delete: F) -> Result<bool, Error>
    where
        F: Fn(&mut Tx<'_>, i64, i64) -> Result<usize, store::Error> + Copy + Send + 'static,
    {
        let size = unsigned_size(self.options.batch_size);
        loop {
            let deleted = self.batch(size, move |tx, limit| delete(tx, before, limit));
            let deleted = unsigned_size(deleted.await?);
            *count += deleted;
            if deleted < size {
                return Ok(true);
            }
            if self.pause().await {
                return Ok(false);
            }
        }
    }

    /// Deletes one batch of messages and reports it as an event.
    async fn purge_messages(&self, size: u64) -> Result<u64, Error> {
        let (reporter, before, now) = (
            self.reporter.clone(),
            self.options.expired_before,
            self.clock.now(),
        );
        let deleted = self.batch(size, move |tx, limit| {
            let deleted = Timed::MESSAGES.delete(tx, before, limit)?;
            let expired_before = time::format(before);
            delivery::report(tx, &reporter, |reporter| {
                reporter.purged(deleted, &expired_before, now)
            })?;
            Ok(deleted)
        });
        Ok(unsigned_size(deleted.await?))
    }

    /// Runs one transaction: renews the lease and deletes rows.
    async fn batch<T, F>(&self, size: u64, delete: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, i64) -> Result<T, store::Error> + Send + 'static,
    {
        let holder = self.holder.clone();
        let now = self.clock.now();
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        let deleted = self.store.write(move |tx| {
            lease::take(tx, LEASE, &holder, now, now + LEASE_TIME)?;
            delete(tx, size)
        });
        match deleted.await {
            Ok(deleted) => Ok(deleted),
            Err(store::Error::Conflict(holder)) => Err(Error::Held(holder)),
            Err(error) => Err(error.into()),
        }
    }

    /// Pauses; returns whether to stop.
    async fn pause(&self) -> bool {
        let pause = self.options.pause;
        if !pause.is_zero() {
            self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
        self.stop.is_cancelled()
    }

    fn next_size(&self, deleted: u64) -> u64 {
        let size = unsigned_size(self.options.batch_size);
        self.options
            .max_rows
            .map_or(size, |max| size.min(max.saturating_sub(deleted)))
    }
}

fn unsigned_size(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
