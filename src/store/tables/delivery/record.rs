//! The deliveries of a listener for those who look at them: showing, dismissing, counting, deleting.

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{BEHIND, DeliveryRow, NEVER, State, target};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{attempts, deliveries};
use crate::store::tables::event;
use crate::store::tables::ids::{CHUNK, uuid};
use crate::store::transaction::Tx;

/// The deliveries that are deleted together with their listener; the purge deletes the rest.
pub const DELETED_AT_ONCE: i64 = 1000;

/// A delivery, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// The event's id.
    pub event: Uuid,
    /// When the event was reported, in microseconds since 1970.
    pub created_at: i64,
    /// Its state.
    pub state: State,
    /// When it is tried next, in microseconds since 1970, if it waits, and for no earlier one of its resource.
    pub due: Option<i64>,
    /// Whether it is being tried.
    pub is_claimed: bool,
    /// How often it was tried.
    pub attempts: usize,
    /// Why it is a dead letter, or was dismissed.
    pub reason: Option<String>,
}

/// One delivery of a listener.
pub fn record(conn: &mut Conn, listener: Uuid, event: Uuid) -> Result<DeliveryRecord, Error> {
    let key = (target(listener), event.as_bytes().to_vec());
    let row: DeliveryRow<'static> = deliveries::table.find(key).first(conn)?;
    row.try_into()
}

/// Dismisses a dead letter for this reason. [`Error::Conflict`] if it is not one.
pub fn dismiss(tx: &mut Tx<'_>, listener: Uuid, event: Uuid, reason: &str) -> Result<DeliveryRecord, Error> {
    let row = deliveries::table
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::event_id.eq(event.as_bytes().as_slice()))
        .filter(deliveries::state.eq(State::Dead.number()));
    let dismissed = diesel::update(row)
        .set((
            deliveries::state.eq(State::Dismissed.number()),
            deliveries::reason.eq(reason),
        ))
        .execute(tx.conn())?;
    let now = record(tx.conn(), listener, event)?;
    if dismissed == 0 {
        return Err(Error::Conflict(format!(
            "the delivery is {}, not dead",
            now.state.name()
        )));
    }
    Ok(now)
}

/// The number of deliveries of a listener that wait, up to `most`.
pub fn count_waiting_for(conn: &mut Conn, listener: Uuid, most: i64) -> Result<i64, Error> {
    let waiting = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::due.lt(NEVER))
        .order((deliveries::due, deliveries::event_id))
        .limit(1)
        .offset(most.saturating_sub(1))
        .first::<Vec<u8>>(conn)
        .optional()?;
    if waiting.is_some() {
        return Ok(most);
    }
    let counted = deliveries::table
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::due.lt(NEVER));
    Ok(counted.count().get_result(conn)?)
}

/// The number of dead letters of a listener that were not dismissed, up to `most`.
pub fn count_dead_of(conn: &mut Conn, listener: Uuid, most: i64) -> Result<i64, Error> {
    let dead = || {
        deliveries::table
            .filter(deliveries::target.eq(target(listener)))
            .filter(deliveries::due.eq(NEVER))
            .filter(deliveries::state.eq(State::Dead.number()))
    };
    let last = dead()
        .select(deliveries::event_id)
        .order((deliveries::due, deliveries::event_id))
        .limit(1)
        .offset(most.saturating_sub(1))
        .first::<Vec<u8>>(conn)
        .optional()?;
    if last.is_some() {
        return Ok(most);
    }
    Ok(dead().count().get_result(conn)?)
}

/// How many more deliveries may wait for a listener. [`Error::Conflict`] if `most` or more do.
pub fn room(conn: &mut Conn, listener: Uuid, most: i64) -> Result<i64, Error> {
    let room = most - count_waiting_for(conn, listener, most)?;
    if room <= 0 {
        return Err(Error::Conflict(
            "too many deliveries wait for the listener".to_owned(),
        ));
    }
    Ok(room)
}

/// Deletes up to `limit` deliveries of a listener with their attempts and, if no other target needs them, their events. Returns how
/// many.
pub fn delete_some(tx: &mut Tx<'_>, listener: Uuid, limit: i64) -> Result<usize, Error> {
    let target = target(listener);
    let ids: Vec<Vec<u8>> = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(&target))
        .order(deliveries::event_id)
        .limit(limit)
        .load(tx.conn())?;
    delete_rows(tx, &target, &ids)
}

/// Deletes deliveries of a target with their attempts and, if no other target needs them, their events.
///
/// The deliveries go first: a settlement locks them before it adds attempts, so that none is added after the last line here.
pub(super) fn delete_rows(tx: &mut Tx<'_>, target: &str, ids: &[Vec<u8>]) -> Result<usize, Error> {
    let mut deleted = 0;
    for ids in ids.chunks(CHUNK) {
        let rows = deliveries::table
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.eq_any(ids));
        deleted += diesel::delete(rows).execute(tx.conn())?;
        delete_rest(tx, target, ids)?;
    }
    Ok(deleted)
}

/// The same for those that are finished, or dead letters. One that was made due meanwhile stays.
pub(super) fn delete_finished(tx: &mut Tx<'_>, target: &str, ids: &[Vec<u8>]) -> Result<usize, Error> {
    let mut deleted = 0;
    for ids in ids.chunks(CHUNK) {
        let rows = || {
            deliveries::table
                .filter(deliveries::target.eq(target))
                .filter(deliveries::event_id.eq_any(ids))
        };
        let finished = rows().filter(deliveries::state.ne(State::Waiting.number()));
        deleted += diesel::delete(finished).execute(tx.conn())?;
        let left: Vec<Vec<u8>> = rows().select(deliveries::event_id).load(tx.conn())?;
        let gone: Vec<Vec<u8>> = ids.iter().filter(|id| !left.contains(id)).cloned().collect();
        delete_rest(tx, target, &gone)?;
    }
    Ok(deleted)
}

/// Deletes what deleted deliveries leave.
fn delete_rest(tx: &mut Tx<'_>, target: &str, ids: &[Vec<u8>]) -> Result<(), Error> {
    let made = attempts::table
        .filter(attempts::target.eq(target))
        .filter(attempts::event_id.eq_any(ids));
    diesel::delete(made).execute(tx.conn())?;
    event::delete_settled(tx.conn(), ids.iter().map(Vec::as_slice))
}

impl TryFrom<DeliveryRow<'_>> for DeliveryRecord {
    type Error = Error;

    fn try_from(row: DeliveryRow<'_>) -> Result<Self, Error> {
        let event = uuid(&row.event_id)?;
        let state = State::from_number(row.state)
            .ok_or_else(|| Error::Broken(format!("delivery {event} has the state {}", row.state)))?;
        Ok(Self {
            event,
            created_at: row.created_at,
            state,
            due: row.due.filter(|due| state == State::Waiting && *due < BEHIND),
            is_claimed: row.claimed_by.is_some(),
            attempts: usize::try_from(row.attempts).unwrap_or(0),
            reason: row.reason.map(std::borrow::Cow::into_owned),
        })
    }
}
