//! Deleting what is of no more use: marks, notes of late arrival and watermarks whose messages are gone.

use diesel::prelude::*;
use uuid::Uuid;

use super::uuid;
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::{late_messages, messages, read_marks, read_watermarks};
use crate::store::write::Tx;

/// Rows that one statement deletes: SQLite takes 32766 variables in one.
const MOST_VARIABLES: usize = 10_000;

/// Deletes about `limit` marks of messages that expired before `before` (microseconds), and gives their number.
///
/// A message that many have read has many marks; they go together, so it may be more.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let expired: Vec<Vec<u8>> = read_marks::table
        .select(read_marks::message_id)
        .filter(read_marks::expires_at.lt(before))
        .order(read_marks::expires_at)
        .limit(limit)
        .load(tx.conn())?;
    let mut ids: Vec<Uuid> = expired.iter().map(|id| uuid(id)).collect::<Result<_, _>>()?;
    ids.dedup();
    let mut deleted = 0;
    for ids in ids.chunks(MOST_VARIABLES) {
        let ids: Vec<&[u8]> = ids.iter().map(|id| id.as_bytes().as_slice()).collect();
        let part = read_marks::table
            .filter(read_marks::message_id.eq_any(ids))
            .filter(read_marks::expires_at.lt(before));
        deleted += diesel::delete(part).execute(tx.conn())?;
    }
    Ok(deleted)
}

/// Deletes up to `limit` notes that messages arrived late which expired before `before` (microseconds), and returns their
/// number.
pub fn delete_expired_late(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let expired: Vec<Vec<u8>> = late_messages::table
        .select(late_messages::message_id)
        .filter(late_messages::expires_at.lt(before))
        .order(late_messages::expires_at)
        .limit(limit)
        .load(tx.conn())?;
    let mut deleted = 0;
    for ids in expired.chunks(MOST_VARIABLES) {
        let notes = late_messages::table.filter(late_messages::message_id.eq_any(ids));
        deleted += diesel::delete(notes).execute(tx.conn())?;
    }
    Ok(deleted)
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

/// Deletes the watermarks before which there is no message any more, and gives their number. `before` is the time of the
/// purge (microseconds): where there are no messages at all, watermarks before it go.
pub fn delete_passed(tx: &mut Tx<'_>, before: i64) -> Result<usize, Error> {
    let oldest: Option<i64> = messages::table
        .select(messages::created_at)
        .order((messages::created_at.asc(), messages::id.asc()))
        .limit(1)
        .first(tx.conn())
        .optional()?;
    let passed =
        read_watermarks::table.filter(read_watermarks::read_until.lt(oldest.unwrap_or(before).min(before)));
    Ok(diesel::delete(passed).execute(tx.conn())?)
}
