//! Deleting what is of no more use: marks, notes of late arrival and watermarks whose messages are gone.

use diesel::prelude::*;

use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::{late_messages, messages, read_marks, read_watermarks};
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

/// How many marks and notes of late arrival are of messages that expired before `before`, in microseconds.
pub fn count_expired(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    let marks: i64 = read_marks::table
        .filter(read_marks::expires_at.lt(before))
        .count()
        .get_result(conn)?;
    let late: i64 = late_messages::table
        .filter(late_messages::expires_at.lt(before))
        .count()
        .get_result(conn)?;
    Ok(marks + late)
}

/// Deletes up to `limit` watermarks before which no message is left, and returns their number. `before` is the time of the
/// purge (microseconds): where there are no messages at all, watermarks before it go.
pub fn delete_passed(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let before = oldest(tx.conn(), before)?;
    tx.conn().delete_least(
        "read_watermarks",
        "project_id, user_id",
        "read_until",
        before,
        limit,
    )
}

/// How many watermarks are before all messages, and before `before` (microseconds).
pub fn count_passed(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    let before = oldest(conn, before)?;
    Ok(read_watermarks::table
        .filter(read_watermarks::read_until.lt(before))
        .count()
        .get_result(conn)?)
}

/// The time of the oldest message, but `before` at the latest.
fn oldest(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    let oldest: Option<i64> = messages::table
        .select(messages::created_at)
        .order((messages::created_at.asc(), messages::id.asc()))
        .limit(1)
        .first(conn)
        .optional()?;
    Ok(oldest.map_or(before, |oldest| oldest.min(before)))
}
