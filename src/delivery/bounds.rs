//! Keeping the outbox from growing without end.

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::clock::Clock;
use crate::store::event::outbox::{self, Backlog};
use crate::store::{Error, Store};
use crate::telemetry::DriverMetrics;

/// How often the log warns of the same.
const WARN: Duration = Duration::from_secs(60);

/// Events that one transaction drops.
const CHUNK: u64 = 1000;

/// What may wait for one driver.
#[derive(Debug, Clone)]
pub struct Bounds {
    max_age: Duration,
    max_rows: u64,
    every: Duration,
    looked: Option<Instant>,
    warned: Option<Instant>,
}

impl Bounds {
    /// So long, and so many; looked at so often.
    pub fn new(max_age: Duration, max_rows: u64, every: Duration) -> Self {
        Self {
            max_age,
            max_rows,
            every,
            looked: None,
            warned: None,
        }
    }

    /// Looks at what waits for `target`, if it is time to: counts it, warns from four fifths of a bound on, and drops the
    /// oldest events beyond it. Nothing is dropped before the log has warned.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn keep(
        &mut self,
        store: &Store,
        clock: &Clock,
        target: &'static str,
        metrics: &DriverMetrics,
    ) -> Result<(), Error> {
        if self.looked.is_some_and(|looked| looked.elapsed() < self.every) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        let backlog = store.read(move |conn| outbox::backlog(conn, target)).await?;
        let now = clock.now();
        let age = Duration::from_micros(
            u64::try_from(backlog.oldest.map_or(0, |oldest| now - oldest)).unwrap_or(0),
        );
        metrics
            .waiting
            .set(i64::try_from(backlog.rows).unwrap_or(i64::MAX));
        metrics.oldest.set(age.as_secs_f64());
        if backlog.rows <= self.max_rows / 5 * 4 && age <= self.max_age / 5 * 4 {
            self.warned = None;
            return Ok(());
        }
        let has_warned = self.warned.is_some();
        if self.warned.is_none_or(|warned| warned.elapsed() >= WARN) {
            self.warned = Some(Instant::now());
            tracing::warn!(
                driver = target,
                waiting = backlog.rows,
                of = self.max_rows,
                oldest_seconds = age.as_secs(),
                of_seconds = self.max_age.as_secs(),
                "events wait for long; the oldest will be dropped at the bound"
            );
        }
        if has_warned {
            self.drop_beyond(store, now, backlog, target, metrics).await?;
        }
        Ok(())
    }

    async fn drop_beyond(
        &self,
        store: &Store,
        now: i64,
        backlog: Backlog,
        target: &'static str,
        metrics: &DriverMetrics,
    ) -> Result<(), Error> {
        let before = now.saturating_sub(i64::try_from(self.max_age.as_micros()).unwrap_or(i64::MAX));
        let mut excess = backlog.rows.saturating_sub(self.max_rows);
        loop {
            let outdated = store
                .read(move |conn| outbox::outdated(conn, target, before, CHUNK.cast_signed()))
                .await?;
            let limit = excess.min(CHUNK);
            let dropped = if outdated.is_empty() && limit > 0 {
                store
                    .read(move |conn| outbox::oldest(conn, target, limit.cast_signed()))
                    .await?
            } else {
                outdated
            };
            if dropped.is_empty() {
                return Ok(());
            }
            let count = drop_events(
                store,
                target,
                dropped,
                metrics,
                "they waited for too long, or too many do",
            )
            .await?;
            excess = excess.saturating_sub(count);
        }
    }
}

/// Gives events up, counts them and says so in the log; gives their number.
pub(super) async fn drop_events(
    store: &Store,
    target: &'static str,
    ids: Vec<Uuid>,
    metrics: &DriverMetrics,
    reason: &str,
) -> Result<u64, Error> {
    let (first, last) = (ids.first().copied(), ids.last().copied());
    let dropped = store.write(move |tx| outbox::settle(tx, target, &ids)).await?;
    let dropped = u64::try_from(dropped).unwrap_or(0);
    metrics.dropped.inc_by(dropped);
    if let (Some(first), Some(last)) = (first, last) {
        tracing::error!(driver = target, dropped, %first, %last, reason, "events were dropped");
    }
    Ok(dropped)
}
