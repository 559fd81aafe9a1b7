//! Deleting read state whose messages are gone.

use diesel::prelude::*;
use uuid::Uuid;

use crate::store::connection::Conn;
use crate::store::dialect::among::among;
use crate::store::error::Error;
use crate::store::schema::{late_messages, messages, read_marks};
use crate::store::tables::timed::Timed;
use crate::store::transaction::Tx;

/// Forgets who has read messages that are deleted.
pub(in crate::store) fn forget(tx: &mut Tx<'_>, ids: &[Uuid]) -> Result<(), Error> {
    let ids = ids.iter().map(|id| id.as_bytes().as_slice());
    let marks = read_marks::table.filter(among(read_marks::message_id, ids.clone()));
    diesel::delete(marks).execute(tx.conn())?;
    let notes = late_messages::table.filter(among(late_messages::message_id, ids));
    diesel::delete(notes).execute(tx.conn())?;
    Ok(())
}

/// Deletes up to `limit` watermarks before which no message is left, and returns their number. `before` is the time of the
/// purge (microseconds): if there are no messages at all, watermarks before it are deleted.
pub fn delete_passed(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let before = passed_before(tx.conn(), before)?;
    Timed::WATERMARKS.delete(tx, before, limit)
}

/// The time before which watermarks are useless: that of the oldest message, but `before` at the latest.
pub fn passed_before(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    let oldest: Option<i64> = messages::table
        .select(messages::created_at)
        .order((messages::created_at.asc(), messages::id.asc()))
        .limit(1)
        .first(conn)
        .optional()?;
    Ok(oldest.map_or(before, |oldest| oldest.min(before)))
}
