//! The deletion of each kind of rows, in batches. Every sweep returns whether it finished or was stopped.

use tokio_util::sync::CancellationToken;

use super::options::Options;
use super::report::{Error, PurgeReport};
use crate::clock::Clock;
use crate::event::Reporter;
use crate::message::{Position, time};
use crate::store::delivery::{self, SweptTo};
use crate::store::{self, Store, Timed, Tx, event, failure, lease, message, read_state, rollup};
use crate::telemetry::Metrics;

/// The lease's name.
pub(super) const LEASE: &str = "purge";

/// How long the lease of a dead purge keeps other hosts away, in microseconds.
const LEASE_TIME: i64 = 60 * time::SECOND;

/// The age in microseconds from which a purge checks whether all deliveries of an event are complete: younger events are
/// mostly in delivery.
const SETTLING: i64 = 60 * time::SECOND;

/// What the batches of a purge share.
pub(super) struct Sweep {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) options: Options,
    pub(super) holder: String,
    pub(super) stop: CancellationToken,
}

impl Sweep {
    /// Counts messages that the roll-up has not reached: all of them or, with a limit of rows, about as many as may be deleted. A
    /// counted message is deleted without being read; any other is counted when it is deleted.
    pub(super) async fn count_recorded(&self) -> Result<bool, Error> {
        let until = self.store.settled_before(self.clock.now());
        let kept = self.options.counts;
        let progress = self.store.read(move |read| rollup::progress(read, until));
        let mut has_more = progress.await?.is_due;
        let mut counted = 0;
        while has_more && self.options.max_rows.is_none_or(|most| counted < most) {
            has_more = self
                .batch(0, move |tx, _| rollup::advance(tx, until, kept))
                .await?;
            counted += rollup::BATCH as u64;
            if self.pause().await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Deletes one batch of messages and reports it as an event.
    pub(super) async fn messages(&self, size: u64, reporter: &Reporter) -> Result<u64, Error> {
        let (reporter, before, now) = (reporter.clone(), self.options.expired_before, self.clock.now());
        let deleted = self.batch(size, move |tx, limit| {
            let deleted = message::purge(tx, before, limit)?;
            let expired_before = time::format(before);
            delivery::report(tx, &reporter, |reporter| {
                reporter.purged(deleted, &expired_before, now)
            })?;
            Ok(deleted)
        });
        Ok(deleted.await? as u64)
    }

    /// Deletes the rows of all other tables whose rows expire, but for the states of messages.
    pub(super) async fn expired(&self, report: &mut PurgeReport) -> Result<bool, Error> {
        let before = self.options.expired_before;
        for (count, rows) in [
            (&mut report.keys, &[Timed::KEYS][..]),
            (
                &mut report.notifications,
                &[
                    Timed::NOTIFICATIONS,
                    Timed::OWNERS,
                    Timed::FOLLOWED,
                    Timed::PAIRINGS,
                ],
            ),
            (&mut report.statistics, &[Timed::COUNTS, Timed::UNMATCHED]),
            (&mut report.sessions, &[Timed::SESSIONS]),
            (&mut report.confirmations, &[Timed::CONFIRMATIONS]),
        ] {
            for rows in rows.iter().copied() {
                let delete = move |tx: &mut Tx<'_>, limit| rows.delete(tx, before, limit);
                if !self.oldest(count, delete).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Deletes the states of messages that have expired, which must be deleted by now.
    pub(super) async fn states(&self, count: &mut u64) -> Result<bool, Error> {
        let before = self.options.expired_before;
        for rows in [Timed::READ_MARKS, Timed::LATE] {
            let delete = move |tx: &mut Tx<'_>, limit| rows.delete(tx, before, limit);
            if !self.oldest(count, delete).await? {
                return Ok(false);
            }
        }
        let passed = move |tx: &mut Tx<'_>, limit| read_state::delete_passed(tx, before, limit);
        self.oldest(count, passed).await
    }

    /// Drops events that no server has delivered.
    pub(super) async fn undelivered(&self, count: &mut u64, metrics: &Metrics) -> Result<bool, Error> {
        let (size, before) = (self.options.batch_size, self.options.waiting_before);
        let moved = move |tx: &mut Tx<'_>, (): &(), _| {
            let is_left = delivery::move_all_before(tx, before)?;
            Ok((0, is_left.then_some(())))
        };
        if !self.step_by_step(&mut 0, (), moved).await? {
            return Ok(false);
        }
        loop {
            let dropped = self.batch(size as u64, move |tx, _| delivery::drop_before(tx, before, size));
            let dropped = dropped.await?;
            for dropped in &dropped {
                let metrics = metrics.events.driver(&dropped.target);
                dropped.report(&metrics, "no server delivered them within twice [events] max_age");
            }
            let deleted: usize = dropped.iter().map(|dropped| dropped.count).sum();
            *count += deleted as u64;
            if deleted < size {
                return Ok(true);
            }
            if self.pause().await {
                return Ok(false);
            }
        }
    }

    /// Deletes deliveries of listeners that are too old or belong to no listener.
    pub(super) async fn deliveries(&self, count: &mut u64) -> Result<bool, Error> {
        let kept = self.options.listeners_since;
        let sweep =
            move |tx: &mut Tx<'_>, from: &SweptTo, limit| delivery::sweep_listeners(tx, from, kept, limit);
        self.step_by_step(count, SweptTo::nothing(), sweep).await
    }

    /// Deletes final failure notifications that are too old. Each has many rows, so a batch has fewer of them.
    pub(super) async fn failures(&self, count: &mut u64) -> Result<bool, Error> {
        let before = self.options.failures_before;
        let sweep = move |tx: &mut Tx<'_>, (): &(), limit: i64| {
            let limit = (limit / 10).max(1);
            failure::purge(tx, before, limit).map(|deleted| more(deleted, limit))
        };
        self.step_by_step(count, (), sweep).await
    }

    /// Deletes kept events that are too old, except those that wait for delivery.
    pub(super) async fn kept_events(&self, count: &mut u64) -> Result<bool, Error> {
        let before = self.options.kept_before;
        let sweep =
            move |tx: &mut Tx<'_>, from: &Position, limit| event::sweep_kept(tx, *from, before, limit);
        self.step_by_step(count, Position::at(i64::MIN), sweep).await
    }

    /// Deletes events whose last deliveries two servers completed at once.
    pub(super) async fn pending_events(&self) -> Result<bool, Error> {
        let before = self.clock.now().saturating_sub(SETTLING);
        let sweep = move |tx: &mut Tx<'_>, from: &Vec<u8>, limit| {
            Ok((0, event::sweep_pending(tx, from, before, limit)?))
        };
        self.step_by_step(&mut 0, Vec::new(), sweep).await
    }

    /// Pauses between two batches; returns whether to stop.
    pub(super) async fn pause(&self) -> bool {
        let pause = self.options.pause;
        if !pause.is_zero() {
            self.stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
        self.stop.is_cancelled()
    }

    /// Deletes the oldest rows until a batch is not full.
    async fn oldest<F>(&self, count: &mut u64, delete: F) -> Result<bool, Error>
    where
        F: Fn(&mut Tx<'_>, i64) -> Result<usize, store::Error> + Copy + Send + 'static,
    {
        let sweep = move |tx: &mut Tx<'_>, (): &(), limit| Ok(more(delete(tx, limit)?, limit));
        self.step_by_step(count, (), sweep).await
    }

    /// Deletes in batches, each of which begins where the one before has ended.
    async fn step_by_step<P, F>(&self, count: &mut u64, first: P, delete: F) -> Result<bool, Error>
    where
        P: Send + 'static,
        F: Fn(&mut Tx<'_>, &P, i64) -> Result<(usize, Option<P>), store::Error> + Copy + Send + 'static,
    {
        let size = self.options.batch_size as u64;
        let mut place = Some(first);
        while let Some(from) = place {
            let (deleted, next) = self
                .batch(size, move |tx, limit| delete(tx, &from, limit))
                .await?;
            *count += deleted as u64;
            place = next;
            if place.is_some() && self.pause().await {
                return Ok(false);
            }
        }
        Ok(true)
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
}

/// What a full batch leaves: perhaps more of the same.
fn more(deleted: usize, limit: i64) -> (usize, Option<()>) {
    let is_full = i64::try_from(deleted).unwrap_or(i64::MAX) >= limit;
    (deleted, is_full.then_some(()))
}
