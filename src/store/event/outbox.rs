//! Events on their way: written with what they tell of, read by a driver's dispatcher, gone when they have arrived.

use diesel::prelude::*;
use uuid::Uuid;

pub(in crate::store) use super::drop::next_target;
pub use super::drop::{Dropped, drop_before, drop_oldest, give_up};
use super::page::{self, ROOM};
use super::row::{NewKept, NewSent, SentRow};
use crate::event::{Envelope, Outgoing};
use crate::store::backend::Conn;
use crate::store::chunks;
use crate::store::error::Error;
use crate::store::read::Counted;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::store::schema::events;
use crate::store::schema::outbox;
use crate::store::write::Tx;

/// Ids of one statement: far from the values that any database takes in one.
const ROWS: usize = 500;

/// Writes events in the transaction of what they tell of.
///
/// # Errors
/// Those of the database.
pub fn add(tx: &mut Tx<'_>, outgoing: &Outgoing) -> Result<(), Error> {
    if outgoing.is_empty() {
        return Ok(());
    }
    tx.written().events();
    insert(tx.conn(), std::iter::once(outgoing))
}

/// Inserts all of them, or fails with nothing to be relied on: the caller rolls back.
pub(in crate::store) fn insert<'a>(
    conn: &mut Conn,
    all: impl Iterator<Item = &'a Outgoing> + Clone,
) -> Result<(), Error> {
    let sent = all.clone().flat_map(|outgoing| {
        let targets = outgoing.places.targets.iter();
        targets.flat_map(|target| {
            outgoing
                .enabled()
                .map(move |event| (page::size(event), NewSent::new(target, event)))
        })
    });
    chunks::by_size(sent, |rows| conn.insert_sent(rows))?;
    let kept = all.filter(|outgoing| outgoing.places.keeps);
    let kept = kept.flat_map(|outgoing| {
        outgoing
            .enabled()
            .map(|event| (page::size(event), NewKept::from(event)))
    });
    chunks::by_size(kept, |rows| conn.insert_kept(rows))
}

/// Whether any of these events is there already, on its way or kept.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) fn stands(conn: &mut Conn, outgoing: &Outgoing) -> Result<bool, Error> {
    for chunk in outgoing.events.chunks(ROWS) {
        let ids = || chunk.iter().map(|event| event.message_id.as_bytes().as_slice());
        let sent = outbox::table.filter(outbox::id.eq_any(ids()));
        let kept = events::table.filter(events::id.eq_any(ids()));
        let count = sent.count().get_result::<i64>(conn)? + kept.count().get_result::<i64>(conn)?;
        if count > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The oldest events that wait for the driver `target`, `limit` at most and no more than [`ROOM`] bytes or so.
pub fn claim(conn: &mut Conn, target: &str, limit: usize) -> Result<Vec<Envelope>, Error> {
    let page = page::fill(limit, ROOM, |last, limit| {
        let last = last.map_or(&[][..], |event| event.message_id.as_bytes());
        let rows: Vec<SentRow> = outbox::table
            .filter(outbox::target.eq(target))
            .filter(outbox::id.gt(last))
            .order(outbox::id)
            .limit(limit)
            .load(conn)?;
        rows.into_iter().map(Envelope::try_from).collect()
    })?;
    Ok(page.events)
}

/// Takes out what has arrived, or is given up, and gives its number.
pub fn settle(tx: &mut Tx<'_>, target: &str, ids: &[Uuid]) -> Result<usize, Error> {
    let mut settled = 0;
    for chunk in ids.chunks(ROWS) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let rows = outbox::table
            .filter(outbox::target.eq(target))
            .filter(outbox::id.eq_any(ids));
        settled += diesel::delete(rows).execute(tx.conn())?;
    }
    Ok(settled)
}

/// When the first of the events was reported that wait for the driver `target`, in microseconds since 1970.
pub fn oldest(conn: &mut Conn, target: &str) -> Result<Option<i64>, Error> {
    // Ids ascend with time, so the first is the oldest.
    let waiting = outbox::table.filter(outbox::target.eq(target));
    let oldest = waiting.select(outbox::created_at).order(outbox::id).first(conn);
    Ok(oldest.optional()?)
}

/// One step of counting the events that were reported before `before`, in microseconds since 1970, and wait for the driver
/// `target`: of those behind an id.
pub(in crate::store) fn count_step(
    conn: &mut Conn,
    target: &str,
    after: &[u8],
    before: i64,
    rows: u64,
) -> Result<Counted<Vec<u8>>, Error> {
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
        // Ids ascend with time, so those in front of it were reported earlier.
        Some((id, created_at)) if created_at < before => {
            return Ok(Counted { rows, next: Some(id) });
        }
        Some((id, _)) => id,
        None => Uuid::max().as_bytes().to_vec(),
    };
    let count: i64 = waiting
        .filter(outbox::id.le(end))
        .filter(outbox::created_at.lt(before))
        .count()
        .get_result(conn)?;
    Ok(Counted {
        rows: count.unsigned_abs(),
        next: None,
    })
}
