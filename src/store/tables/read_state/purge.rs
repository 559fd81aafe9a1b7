//! Deleting read state whose messages are gone.

use diesel::prelude::*;
use uuid::Uuid;

use crate::message::Message;
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

/// Keeps the states of a message that is corrected: they have its time and its expiry. Those of another project's users go.
pub(in crate::store) fn keep_with(tx: &mut Tx<'_>, old: &Message, new: &Message) -> Result<(), Error> {
    if old.project_id != new.project_id {
        return forget(tx, &[old.id]);
    }
    if (old.created_at, old.expires_at) == (new.created_at, new.expires_at) {
        return Ok(());
    }
    let id = old.id.as_bytes().as_slice();
    diesel::update(read_marks::table.filter(read_marks::message_id.eq(id)))
        .set((
            read_marks::created_at.eq(new.created_at),
            read_marks::expires_at.eq(new.expires_at),
        ))
        .execute(tx.conn())?;
    diesel::update(late_messages::table.filter(late_messages::message_id.eq(id)))
        .set((
            late_messages::created_at.eq(new.created_at),
            late_messages::expires_at.eq(new.expires_at),
        ))
        .execute(tx.conn())?;
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
