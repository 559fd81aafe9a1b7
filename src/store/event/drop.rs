//! Giving up events that wait: for too long, for too many others, or for nobody.

use diesel::prelude::*;
use uuid::Uuid;

use super::outbox::settle;
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::outbox;
use crate::store::write::Tx;
use crate::telemetry::DriverMetrics;

/// Events that were given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The driver that they waited for.
    pub target: String,
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Uuid,
    /// The last of them.
    pub last: Uuid,
}

impl Dropped {
    /// Counts them with the others of their driver, and says in the log which they were and why they went.
    pub fn tell(&self, metrics: &DriverMetrics, reason: &str) {
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

/// Drops these events, and gives what of them was still there.
///
/// # Errors
/// Those of the database.
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

/// Drops up to `limit` of the oldest events for `target`: `excess` of them whatever their age, and those that were
/// reported before `before`, in microseconds since 1970. Ids ascend with time, so it ends at the first that may stay and
/// reads none behind it.
///
/// # Errors
/// Those of the database.
pub fn drop_oldest(
    tx: &mut Tx<'_>,
    target: &str,
    before: i64,
    excess: usize,
    limit: usize,
) -> Result<Option<Dropped>, Error> {
    let oldest: Vec<(Vec<u8>, i64)> = outbox::table
        .select((outbox::id, outbox::created_at))
        .filter(outbox::target.eq(target))
        .order(outbox::id)
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .load(tx.conn())?;
    let mut due = 0;
    while oldest
        .get(due)
        .is_some_and(|(_, at)| due < excess || *at < before)
    {
        due += 1;
    }
    let ends = oldest[..due].first().zip(oldest[..due].last());
    let Some(((first, _), (last, _))) = ends else {
        return Ok(None);
    };
    let rows = outbox::table
        .filter(outbox::target.eq(target))
        .filter(outbox::id.le(last));
    Ok(Some(Dropped {
        target: target.to_owned(),
        count: diesel::delete(rows).execute(tx.conn())?,
        first: id(first)?,
        last: id(last)?,
    }))
}

/// Drops up to `limit` events that were reported before `before` (microseconds), wherever they were to go: what waits for
/// a driver that nobody configures any more would stay for ever. Of each driver the oldest go first.
///
/// # Errors
/// Those of the database.
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

/// The driver behind this one, in the order of their names, that anything waits for.
pub(in crate::store) fn next_target(conn: &mut Conn, target: &str) -> Result<Option<String>, Error> {
    let next = outbox::table
        .select(outbox::target)
        .filter(outbox::target.gt(target))
        .order((outbox::target, outbox::id))
        .first(conn);
    Ok(next.optional()?)
}

fn id(bytes: &[u8]) -> Result<Uuid, Error> {
    Uuid::from_slice(bytes).map_err(|_| Error::Broken("the id of an event is damaged".to_owned()))
}
