//! Drops events that are too old, too many, or without a driver.

use diesel::prelude::*;
use uuid::Uuid;

use super::queue::settle;
use super::row::{AFTER_LISTENERS, LISTENER};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::deliveries;
use crate::store::tables::ids::uuid;
use crate::store::transaction::Tx;
use crate::telemetry::DriverMetrics;

/// Events that were dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Their driver.
    pub target: String,
    /// Their number.
    pub count: usize,
    /// The first of them.
    pub first: Uuid,
    /// The last of them.
    pub last: Uuid,
}

impl Dropped {
    /// Counts them in the metrics and logs them with the reason.
    pub fn report(&self, metrics: &DriverMetrics, reason: &str) {
        let Self {
            target,
            count,
            first,
            last,
        } = self;
        metrics.dropped.inc_by(u64::try_from(*count).unwrap_or(0));
        tracing::error!(driver = target, dropped = count, %first, %last, reason, "events were dropped");
    }
}

/// Drops these events. Returns those that still existed.
pub fn give_up(tx: &mut Tx<'_>, target: &str, ids: &[Uuid]) -> Result<Option<Dropped>, Error> {
    let count = settle(tx, target, ids)?;
    let ends = ids.first().copied().zip(ids.last().copied());
    Ok(ends.filter(|_| count > 0).map(|(first, last)| Dropped {
        target: target.to_owned(),
        count,
        first,
        last,
    }))
}

/// Drops up to `limit` of the oldest events for `target`: `excess` of them whatever their age, and those reported before
/// `before`, in microseconds since 1970. Ids ascend with time, so it stops at the first event that may stay.
pub fn drop_oldest(
    tx: &mut Tx<'_>,
    target: &str,
    before: i64,
    excess: usize,
    limit: usize,
) -> Result<Option<Dropped>, Error> {
    let oldest: Vec<(Vec<u8>, i64)> = deliveries::table
        .select((deliveries::event_id, deliveries::created_at))
        .filter(deliveries::target.eq(target))
        .order(deliveries::event_id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .load(tx.conn())?;
    let mut due = 0;
    while oldest
        .get(due)
        .is_some_and(|(_, at)| due < excess || *at < before)
    {
        due += 1;
    }
    let ids = oldest[..due].iter().map(|(id, _)| uuid(id));
    let ids = ids.collect::<Result<Vec<_>, _>>()?;
    give_up(tx, target, &ids)
}

/// Drops up to `limit` events reported before `before` (microseconds) for any driver, each driver's oldest first. Events for a
/// driver that is no longer configured would stay for ever.
pub fn drop_before(tx: &mut Tx<'_>, before: i64, limit: usize) -> Result<Vec<Dropped>, Error> {
    let (mut all, mut left, mut target) = (Vec::new(), limit, String::new());
    while left > 0 {
        let Some(next) = next_target(tx.conn(), &target)? else {
            break;
        };
        if let Some(dropped) = drop_oldest(tx, &next, before, 0, left)? {
            left = left.saturating_sub(dropped.count);
            all.push(dropped);
        }
        target = next;
    }
    Ok(all)
}

/// The next driver after this one, by name, with waiting events.
pub(in crate::store) fn next_target(conn: &mut Conn, target: &str) -> Result<Option<String>, Error> {
    let next = |bound: &str| {
        let after = deliveries::table
            .select(deliveries::target)
            .filter(deliveries::target.gt(bound.to_owned()));
        after.order((deliveries::target, deliveries::event_id))
    };
    let found: Option<String> = next(target).first(conn).optional()?;
    if found.as_deref().is_some_and(|found| found.starts_with(LISTENER)) {
        return Ok(next(AFTER_LISTENERS).first(conn).optional()?);
    }
    Ok(found)
}
