//! Deleting what is of no more use: marks, notes of late arrival and watermarks whose messages are gone.

use diesel::prelude::*;

use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::write::Tx;

/// Deletes up to `limit` marks of messages that expired before `before` (microseconds), and returns their number.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let key = "project_id, user_id, created_at, message_id";
    tx.conn()
        .delete_least("read_marks", key, "expires_at", before, limit)
}

/// Deletes up to `limit` notes that messages arrived late which expired before `before` (microseconds), and returns their
/// number.
pub fn delete_expired_late(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let key = "project_id, turn, created_at, message_id";
    tx.conn()
        .delete_least("late_messages", key, "expires_at", before, limit)
}

/// Deletes up to `limit` watermarks before which no message is left, and returns their number. `before` is the time of the
/// purge (microseconds): where there are no messages at all, watermarks before it go.
pub fn delete_passed(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let before = passed_before(tx.conn(), before)?;
    tx.conn().delete_least(
        "read_watermarks",
        "project_id, user_id",
        "read_until",
        before,
        limit,
    )
}

/// Before which time watermarks are of no more use: that of the oldest message, but `before` at the latest.
pub fn passed_before(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    let oldest: Option<i64> = messages::table
        .select(messages::created_at)
        .order((messages::created_at.asc(), messages::id.asc()))
        .limit(1)
        .first(conn)
        .optional()?;
    Ok(oldest.map_or(before, |oldest| oldest.min(before)))
}
