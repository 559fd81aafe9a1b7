//! The attempts of deliveries.

use diesel::prelude::*;
use uuid::Uuid;

use super::row::target;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::attempts;

/// The most attempts of a delivery that are kept: the newest.
const MOST: i64 = 50;

/// A row of attempts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = attempts)]
#[diesel(treat_none_as_default_value = false)]
pub(in crate::store) struct AttemptRow {
    pub(in crate::store) target: String,
    pub(in crate::store) event_id: Vec<u8>,
    pub(in crate::store) id: Vec<u8>,
    pub(super) started_at: i64,
    pub(super) milliseconds: i32,
    pub(super) is_delivered: bool,
    pub(super) status: Option<i32>,
    pub(super) answer: String,
}

/// An attempt, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// When it began, in microseconds since 1970.
    pub started_at: i64,
    /// How long it took.
    pub milliseconds: i32,
    /// Whether the receiver took the event.
    pub is_delivered: bool,
    /// The status of the answer.
    pub status: Option<i32>,
    /// The beginning of the answer, or why there is none.
    pub answer: String,
}

/// The newest attempts of a delivery, the oldest of them first.
pub fn attempts(conn: &mut Conn, listener: Uuid, event: Uuid) -> Result<Vec<AttemptRecord>, Error> {
    let rows: Vec<AttemptRow> = attempts::table
        .filter(attempts::target.eq(target(listener)))
        .filter(attempts::event_id.eq(event.as_bytes().as_slice()))
        .order(attempts::id.desc())
        .limit(MOST)
        .load(conn)?;
    let shown = rows.into_iter().rev().map(|row| AttemptRecord {
        started_at: row.started_at,
        milliseconds: row.milliseconds,
        is_delivered: row.is_delivered,
        status: row.status,
        answer: row.answer,
    });
    Ok(shown.collect())
}

/// Deletes the attempts of a delivery that are not shown any more.
pub(super) fn forget_oldest(conn: &mut Conn, target: &str, event: Uuid) -> Result<(), Error> {
    let made = attempts::table
        .filter(attempts::target.eq(target))
        .filter(attempts::event_id.eq(event.as_bytes().to_vec()));
    let oldest_shown: Option<Vec<u8>> = made
        .clone()
        .select(attempts::id)
        .order(attempts::id.desc())
        .offset(MOST - 1)
        .limit(1)
        .first(conn)
        .optional()?;
    if let Some(oldest) = oldest_shown {
        diesel::delete(made.filter(attempts::id.lt(oldest))).execute(conn)?;
    }
    Ok(())
}
