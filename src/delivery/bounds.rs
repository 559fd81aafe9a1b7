//! Bounds the events that wait for a driver.

use std::time::{Duration, Instant};

use super::lease::Lease;
use crate::store::Error;
use crate::store::delivery;
use crate::telemetry::DriverMetrics;

/// The interval between log lines about the same backlog.
const WARN: Duration = Duration::from_secs(60);

/// Events dropped per transaction.
const CHUNK: usize = 1000;

/// Counting takes longer the more events wait. If a count takes longer than this, counts become rarer, so that they use
/// only a small part of the time.
const QUICK: Duration = Duration::from_secs(1);
const REST: u32 = 20;

/// The limits of one driver's backlog.
#[derive(Debug, Clone)]
pub struct Bounds {
    max_age: Duration,
    max_rows: u64,
    every: Duration,
    next: Option<Instant>,
    warned: Option<Instant>,
}

impl Bounds {
    /// Sets the maximum age, the maximum number and the interval between checks.
    pub fn new(max_age: Duration, max_rows: u64, every: Duration) -> Self {
        Self {
            max_age,
            max_rows,
            every,
            next: None,
            warned: None,
        }
    }

    /// Forces a check next time, and a warning before anything is dropped.
    pub(super) fn forget(&mut self) {
        self.next = None;
        self.warned = None;
    }

    /// Checks the backlog of `target` if a check is due: counts it, warns from four fifths of a limit on, and drops the
    /// oldest events above it. Nothing is dropped before a warning was logged. Returns whether the lease is still held.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn keep(
        &mut self,
        lease: &mut Lease,
        target: &'static str,
        metrics: &DriverMetrics,
    ) -> Result<bool, Error> {
        let begun = Instant::now();
        if self.next.is_some_and(|next| begun < next) {
            return Ok(true);
        }
        let store = lease.store();
        let waiting = store.count_waiting(target, i64::MAX).await?;
        let oldest = store.read(move |read| delivery::oldest(read, target)).await?;
        let took = begun.elapsed();
        let rest = if took > QUICK { took * REST } else { Duration::ZERO };
        self.next = Some(begun + self.every.max(rest));
        let now = lease.clock().now();
        let age = Duration::from_micros(u64::try_from(oldest.map_or(0, |oldest| now - oldest)).unwrap_or(0));
        metrics.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        metrics.oldest.set(age.as_secs_f64());
        if waiting <= self.max_rows / 5 * 4 && age <= self.max_age / 5 * 4 {
            self.warned = None;
            return Ok(true);
        }
        let has_warned = self.warned.is_some();
        if self.warned.is_none_or(|warned| warned.elapsed() >= WARN) {
            self.warned = Some(Instant::now());
            tracing::warn!(
                driver = target,
                waiting,
                of = self.max_rows,
                oldest_seconds = age.as_secs(),
                of_seconds = self.max_age.as_secs(),
                "many or old events are waiting; the oldest will be dropped at the limit"
            );
        }
        if has_warned {
            return self.drop_beyond(lease, waiting, target, metrics).await;
        }
        Ok(true)
    }

    /// Drops the excess and renews the lease with each transaction; returns whether it is still held.
    async fn drop_beyond(
        &self,
        lease: &mut Lease,
        waiting: u64,
        target: &'static str,
        metrics: &DriverMetrics,
    ) -> Result<bool, Error> {
        let age = i64::try_from(self.max_age.as_micros()).unwrap_or(i64::MAX);
        let before = lease.clock().now().saturating_sub(age);
        let excess = waiting.saturating_sub(self.max_rows);
        let mut excess = usize::try_from(excess).unwrap_or(usize::MAX);
        loop {
            let dropped = lease.write(move |tx| delivery::drop_oldest(tx, target, before, excess, CHUNK));
            let Some(dropped) = dropped.await? else {
                return Ok(false);
            };
            let Some(dropped) = dropped else {
                return Ok(true);
            };
            dropped.report(metrics, "too old or too many");
            excess = excess.saturating_sub(dropped.count);
        }
    }
}
