//! Adds, claims and settles deliveries.

use std::borrow::Cow;

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{DeliveryRow, DriverRow};
use crate::event::{Envelope, Outgoing, Reporter};
use crate::store::connection::Conn;
use crate::store::dialect::chunks;
use crate::store::dialect::insert::insert_rows;
use crate::store::error::Error;
use crate::store::read::CountStep;
use crate::store::schema::{deliveries, events, pending_events};
use crate::store::tables::event::{self, EventRow};
use crate::store::tables::ids::CHUNK;
use crate::store::tables::subscription::{self, Matches};
use crate::store::transaction::Tx;

/// The approximate size of a row.
const BYTES: usize = 64;

/// Makes events and adds them, in the transaction of their subject, for the listeners that there are now.
pub fn report(
    tx: &mut Tx<'_>,
    reporter: &Reporter,
    make: impl FnOnce(&Reporter) -> Outgoing,
) -> Result<(), Error> {
    subscription::refresh(tx, reporter.subscribers())?;
    add(tx, &make(reporter))
}

/// Adds events in the transaction of their subject.
pub fn add(tx: &mut Tx<'_>, outgoing: &Outgoing) -> Result<(), Error> {
    if outgoing.is_empty() {
        return Ok(());
    }
    tx.wrote_events();
    insert(tx.conn(), std::iter::once(outgoing))
}

/// Inserts each event that anyone gets once, and a delivery for each of its targets. After an error the transaction must be
/// rolled back.
pub(in crate::store) fn insert<'a>(
    conn: &mut Conn,
    all: impl Iterator<Item = &'a Outgoing> + Clone,
) -> Result<(), Error> {
    let matches = Matches::of(conn, all.clone())?;
    let is_wanted = |outgoing: &Outgoing, event: &Envelope| {
        !outgoing.sinks.is_nowhere() || matches.get(event).next().is_some()
    };
    let rows = |is_kept: bool| {
        all.clone()
            .filter(move |outgoing| outgoing.sinks.keeps == is_kept)
            .flat_map(|outgoing| outgoing.enabled().map(move |event| (outgoing, event)))
            .filter(|(outgoing, event)| is_wanted(outgoing, event))
            .map(|(_, event)| EventRow::from(event))
            .map(|row| (row.size(), row))
    };
    chunks::by_size(rows(true), |rows| {
        insert_rows!(conn, events::table, rows);
        Ok(())
    })?;
    chunks::by_size(rows(false), |rows| {
        insert_rows!(conn, pending_events::table, rows);
        Ok(())
    })?;
    let waiting = all.clone().flat_map(|outgoing| {
        let targets = outgoing.sinks.targets.iter();
        targets.flat_map(|target| {
            outgoing.enabled().map(move |event| DriverRow {
                target: Cow::Borrowed(target.as_ref()),
                event_id: Cow::Borrowed(event.message_id.as_bytes()),
                created_at: event.timestamp,
            })
        })
    });
    chunks::by_size(waiting.map(|row| (BYTES, row)), |rows| {
        insert_rows!(conn, deliveries::table, rows);
        Ok(())
    })?;
    let for_listeners = all.flat_map(Outgoing::enabled).flat_map(|event| {
        let subscribers = matches.get(event);
        subscribers.map(|subscriber| (BYTES, DeliveryRow::due(event, subscriber)))
    });
    chunks::by_size(for_listeners, |rows| {
        insert_rows!(conn, deliveries::table, rows);
        Ok(())
    })
}

/// Whether a table already has any of these events.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) fn exists(conn: &mut Conn, outgoing: &Outgoing) -> Result<bool, Error> {
    for chunk in outgoing.events.chunks(CHUNK) {
        let ids = || chunk.iter().map(|event| event.message_id.as_bytes().as_slice());
        let pending = pending_events::table.filter(pending_events::id.eq_any(ids()));
        let kept = events::table.filter(events::id.eq_any(ids()));
        let count = pending.count().get_result::<i64>(conn)? + kept.count().get_result::<i64>(conn)?;
        if count > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes completed or abandoned deliveries, and returns their number. An event that is not kept is deleted with its last one.
pub fn settle(tx: &mut Tx<'_>, target: &str, ids: &[Uuid]) -> Result<usize, Error> {
    let mut settled = 0;
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let rows = deliveries::table
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.eq_any(ids.clone()));
        settled += diesel::delete(rows).execute(tx.conn())?;
        event::delete_settled(tx.conn(), ids)?;
    }
    Ok(settled)
}

/// Returns when the oldest event that waits for `target` was reported, in microseconds since 1970.
pub fn oldest(conn: &mut Conn, target: &str) -> Result<Option<i64>, Error> {
    // Ids ascend with time, so the first is the oldest.
    let waiting = deliveries::table.filter(deliveries::target.eq(target));
    let oldest = waiting
        .select(deliveries::created_at)
        .order(deliveries::event_id)
        .first(conn);
    Ok(oldest.optional()?)
}

/// Counts one step of the events that wait for `target` and were reported before `before`, in microseconds since 1970: those
/// after an id.
pub(in crate::store) fn count_step(
    conn: &mut Conn,
    target: &str,
    after: &[u8],
    before: i64,
    rows: u64,
) -> Result<CountStep<Vec<u8>>, Error> {
    let waiting = deliveries::table
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.gt(after));
    let end: Option<(Vec<u8>, i64)> = waiting
        .select((deliveries::event_id, deliveries::created_at))
        .order(deliveries::event_id)
        .offset(i64::try_from(rows).unwrap_or(i64::MAX).saturating_sub(1))
        .limit(1)
        .first(conn)
        .optional()?;
    let end = match end {
        // Ids ascend with time, so all before it were reported earlier.
        Some((id, created_at)) if created_at < before => {
            return Ok(CountStep { rows, next: Some(id) });
        }
        Some((id, _)) => id,
        None => Uuid::max().as_bytes().to_vec(),
    };
    let count: i64 = waiting
        .filter(deliveries::event_id.le(end))
        .filter(deliveries::created_at.lt(before))
        .count()
        .get_result(conn)?;
    Ok(CountStep {
        rows: count.unsigned_abs(),
        next: None,
    })
}
