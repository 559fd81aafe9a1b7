//! The outbox of servers of the previous release. The table and this file will be removed with the next release.

use std::borrow::Cow;

use diesel::prelude::*;

use super::row::DriverRow;
use crate::store::connection::Conn;
use crate::store::dialect::chunks;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{deliveries, events, outbox, pending_events};
use crate::store::tables::event::{OutboxRow, columns};
use crate::store::tables::{holder, lease};
use crate::store::transaction::Tx;

/// Rows moved in one transaction: about 11 MB of the longest events.
const ROWS: i64 = 100;

/// Whether anything waits for `target` in the outbox.
pub fn outbox_waits(conn: &mut Conn, target: &str) -> Result<bool, Error> {
    let waiting = outbox::table.filter(outbox::target.eq(target));
    let first: Option<i64> = waiting
        .select(outbox::created_at)
        .order(outbox::id)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// Moves the oldest events that wait for `target` out of the outbox, and returns whether there may be more. Moves none while a
/// server of the previous release delivers them. Times are microseconds since 1970.
pub fn move_outbox(tx: &mut Tx<'_>, target: &str, now: i64) -> Result<bool, Error> {
    let (name, holder) = (format!("delivery:{target}"), holder::new());
    // Released with the same commit: a server of the previous release waits no longer than the transaction takes.
    match lease::take(tx, &name, &holder, now, now + 1) {
        Ok(()) => {}
        Err(Error::Conflict(_)) => return Ok(false),
        Err(error) => return Err(error),
    }
    let moved = move_rows(tx, target, i64::MAX)?;
    lease::release(tx, &name, &holder)?;
    Ok(moved)
}

/// Moves events reported before `before`, in microseconds since 1970, for any target, even if they are being delivered, and
/// returns whether there may be more.
pub fn move_all_before(tx: &mut Tx<'_>, before: i64) -> Result<bool, Error> {
    let mut target = String::new();
    loop {
        let next = outbox::table
            .select(outbox::target)
            .filter(outbox::target.gt(&target))
            .order((outbox::target, outbox::id))
            .first::<String>(tx.conn());
        let Some(next) = next.optional()? else {
            return Ok(false);
        };
        if move_rows(tx, &next, before)? {
            return Ok(true);
        }
        target = next;
    }
}

/// Moves the oldest rows of a target that were reported before `before`, and returns whether there may be more.
fn move_rows(tx: &mut Tx<'_>, target: &str, before: i64) -> Result<bool, Error> {
    let rows: Vec<OutboxRow<'static>> = outbox::table
        .select((outbox::target, columns!(outbox)))
        .filter(outbox::target.eq(target))
        .order(outbox::id)
        .limit(ROWS)
        .load(tx.conn())?;
    // Ids ascend with time.
    let rows: Vec<_> = rows
        .into_iter()
        .take_while(|row| row.event.created_at < before)
        .collect();
    if rows.is_empty() {
        return Ok(false);
    }
    let ids = || rows.iter().map(|row| row.event.id.as_ref());
    let conn = tx.conn();
    let known: Vec<Vec<u8>> = events::table
        .select(events::id)
        .filter(events::id.eq_any(ids()))
        .load(conn)?;
    let is_kept = |row: &&OutboxRow<'_>| known.iter().any(|id| *id == *row.event.id);
    let pending = rows.iter().filter(|row| !is_kept(row));
    let pending = pending.map(|row| (row.event.size(), row.event.clone()));
    let waiting: Vec<DriverRow<'_>> = rows
        .iter()
        .map(|row| DriverRow {
            target: Cow::Borrowed(&row.target),
            event_id: Cow::Borrowed(&row.event.id),
            created_at: row.event.created_at,
        })
        .collect();
    // An event of several targets is moved with the first of them.
    chunks::by_size(pending, |rows| {
        insert_new!(conn, pending_events::table, rows);
        Ok(())
    })?;
    insert_new!(conn, deliveries::table, waiting);
    let moved = outbox::table.filter(outbox::target.eq(target));
    diesel::delete(moved.filter(outbox::id.eq_any(ids()))).execute(conn)?;
    Ok(i64::try_from(rows.len()).is_ok_and(|moved| moved == ROWS))
}
