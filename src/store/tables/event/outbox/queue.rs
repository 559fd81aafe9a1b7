//! Adding, claiming and settling.

use std::borrow::Cow;

use diesel::prelude::*;
use uuid::Uuid;

use crate::event::{Envelope, Outgoing};
use crate::store::connection::Conn;
use crate::store::dialect::chunks;
use crate::store::dialect::insert::insert_rows;
use crate::store::error::Error;
use crate::store::read::CountStep;
use crate::store::schema::{events, outbox};
use crate::store::tables::event::page::{self, PAGE_BYTES};
use crate::store::tables::event::row::{EventRow, OutboxRow, columns};
use crate::store::tables::ids::CHUNK;
use crate::store::transaction::Tx;

/// Adds events in the transaction of what they are about.
pub fn add(tx: &mut Tx<'_>, outgoing: &Outgoing) -> Result<(), Error> {
    if outgoing.is_empty() {
        return Ok(());
    }
    tx.wrote_events();
    insert(tx.conn(), std::iter::once(outgoing))
}

/// Inserts events for their drivers, and to keep them. After an error the transaction must be rolled back.
pub(in crate::store) fn insert<'a>(
    conn: &mut Conn,
    all: impl Iterator<Item = &'a Outgoing> + Clone,
) -> Result<(), Error> {
    let waiting = all.clone().flat_map(|outgoing| {
        let targets = outgoing.sinks.targets.iter();
        targets.flat_map(|target| {
            outgoing.enabled().map(move |event| {
                let row = OutboxRow {
                    target: Cow::Borrowed(target.as_ref()),
                    event: EventRow::from(event),
                };
                (page::size(event), row)
            })
        })
    });
    chunks::by_size(waiting, |rows| {
        insert_rows!(conn, outbox::table, rows);
        Ok(())
    })?;
    let kept = all
        .filter(|outgoing| outgoing.sinks.keeps)
        .flat_map(Outgoing::enabled)
        .map(|event| (page::size(event), EventRow::from(event)));
    chunks::by_size(kept, |rows| {
        insert_rows!(conn, events::table, rows);
        Ok(())
    })
}

/// Whether any of these events is in a table already.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) fn exists(conn: &mut Conn, outgoing: &Outgoing) -> Result<bool, Error> {
    for chunk in outgoing.events.chunks(CHUNK) {
        let ids = || chunk.iter().map(|event| event.message_id.as_bytes().as_slice());
        let waiting = outbox::table.filter(outbox::id.eq_any(ids()));
        let kept = events::table.filter(events::id.eq_any(ids()));
        let count = waiting.count().get_result::<i64>(conn)? + kept.count().get_result::<i64>(conn)?;
        if count > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The oldest events that wait for the driver `target`: up to `limit`, and about [`PAGE_BYTES`].
pub fn claim(conn: &mut Conn, target: &str, limit: usize) -> Result<Vec<Envelope>, Error> {
    let page = page::fill(limit, PAGE_BYTES, |last, limit| {
        let last = last.map_or(&[][..], |event| event.message_id.as_bytes());
        let rows: Vec<EventRow<'static>> = outbox::table
            .select(columns!(outbox))
            .filter(outbox::target.eq(target))
            .filter(outbox::id.gt(last))
            .order(outbox::id)
            .limit(limit)
            .load(conn)?;
        rows.into_iter().map(Envelope::try_from).collect()
    })?;
    Ok(page.events)
}

/// Deletes events that are delivered or given up, and returns their number.
pub fn settle(tx: &mut Tx<'_>, target: &str, ids: &[Uuid]) -> Result<usize, Error> {
    let mut settled = 0;
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let rows = outbox::table
            .filter(outbox::target.eq(target))
            .filter(outbox::id.eq_any(ids));
        settled += diesel::delete(rows).execute(tx.conn())?;
    }
    Ok(settled)
}

/// When the first of the events that wait for the driver `target` was reported, in microseconds since 1970.
pub fn oldest(conn: &mut Conn, target: &str) -> Result<Option<i64>, Error> {
    // Ids ascend with time, so the first is the oldest.
    let waiting = outbox::table.filter(outbox::target.eq(target));
    let oldest = waiting.select(outbox::created_at).order(outbox::id).first(conn);
    Ok(oldest.optional()?)
}

/// One step of counting the events that wait for the driver `target` and were reported before `before`, in microseconds since
/// 1970: those after an id.
pub(in crate::store) fn count_step(
    conn: &mut Conn,
    target: &str,
    after: &[u8],
    before: i64,
    rows: u64,
) -> Result<CountStep<Vec<u8>>, Error> {
    let waiting = outbox::table
        .filter(outbox::target.eq(target))
        .filter(outbox::id.gt(after));
    let end: Option<(Vec<u8>, i64)> = waiting
        .select((outbox::id, outbox::created_at))
        .order(outbox::id)
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
        .filter(outbox::id.le(end))
        .filter(outbox::created_at.lt(before))
        .count()
        .get_result(conn)?;
    Ok(CountStep {
        rows: count.unsigned_abs(),
        next: None,
    })
}
