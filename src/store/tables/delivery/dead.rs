//! What could not be delivered to a listener, newest first.

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{NEVER, State, target};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{attempts, deliveries};
use crate::store::tables::ids::uuid;

/// Attempts that the search for a failed one looks at.
const LOOKED_AT: i64 = 50;

/// A dead letter that was not dismissed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The event's id.
    pub event: Uuid,
    /// When the event was reported, in microseconds since 1970.
    pub created_at: i64,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it is dead.
    pub reason: Option<String>,
}

/// The newest dead letters of a listener, up to `most`.
pub fn dead_letters(conn: &mut Conn, listener: Uuid, most: i64) -> Result<Vec<DeadLetter>, Error> {
    let rows: Vec<(Vec<u8>, i64, i32, Option<String>)> = deliveries::table
        .select((
            deliveries::event_id,
            deliveries::created_at,
            deliveries::attempts,
            deliveries::reason,
        ))
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::due.eq(NEVER))
        .filter(deliveries::state.eq(State::Dead.number()))
        .order((deliveries::due.desc(), deliveries::event_id.desc()))
        .limit(most)
        .load(conn)?;
    let letters = rows.into_iter().map(|(event, created_at, attempts, reason)| {
        Ok(DeadLetter {
            event: uuid(&event)?,
            created_at,
            attempts,
            reason,
        })
    });
    letters.collect()
}

/// The latest failed attempt at a listener among those at its newest events: when it began, in microseconds since 1970, and
/// what came back.
pub fn last_failure(conn: &mut Conn, listener: Uuid) -> Result<Option<(i64, String)>, Error> {
    let rows: Vec<(i64, bool, Option<i32>, String)> = attempts::table
        .select((
            attempts::started_at,
            attempts::is_delivered,
            attempts::status,
            attempts::answer,
        ))
        .filter(attempts::target.eq(target(listener)))
        .order((attempts::event_id.desc(), attempts::id.desc()))
        .limit(LOOKED_AT)
        .load(conn)?;
    let failed = rows.into_iter().filter(|(_, is_delivered, ..)| !is_delivered);
    let failed = failed.max_by_key(|(at, ..)| *at);
    Ok(failed.map(|(at, _, status, answer)| match status {
        Some(status) => (at, format!("{status} {answer}")),
        None => (at, answer),
    }))
}
