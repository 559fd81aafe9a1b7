//! The deliveries of a listener for those who look at them: listing, redelivering, dismissing, deleting.

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{DeliveryRow, NEVER, State, target};
use super::settle::AttemptRow;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{attempts, deliveries};
use crate::store::tables::event;
use crate::store::tables::ids::{CHUNK, uuid};
use crate::store::transaction::Tx;

/// The deliveries that are deleted together with their listener; the purge deletes the rest.
pub const DELETED_AT_ONCE: i64 = 1000;

/// The most attempts that a record shows: the newest.
const MOST_ATTEMPTS: i64 = 50;

/// A delivery, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// The event's id.
    pub event: Uuid,
    /// When the event was reported, in microseconds since 1970.
    pub created_at: i64,
    /// Its state.
    pub state: State,
    /// When it is tried next, in microseconds since 1970, if it waits.
    pub due: Option<i64>,
    /// Whether it is being tried.
    pub is_claimed: bool,
    /// How often it was tried.
    pub attempts: usize,
    /// Why it is a dead letter, or was dismissed.
    pub reason: Option<String>,
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

/// Up to `limit` deliveries of a listener after `marker` that have this state, the newest event first.
///
/// With a state it may walk all rows of the listener; `page.rs` bounds that.
pub fn records(
    conn: &mut Conn,
    listener: Uuid,
    state: Option<State>,
    marker: Option<Uuid>,
    limit: i64,
) -> Result<Vec<DeliveryRecord>, Error> {
    let mut query = deliveries::table
        .filter(deliveries::target.eq(target(listener)))
        .into_boxed();
    if let Some(marker) = marker {
        query = query.filter(deliveries::event_id.lt(marker.as_bytes().to_vec()));
    }
    query = match state {
        None => query,
        Some(State::Waiting) => query.filter(deliveries::due.lt(NEVER)),
        Some(State::Delivered) => query.filter(deliveries::due.is_null()),
        Some(state) => query
            .filter(deliveries::due.eq(NEVER))
            .filter(deliveries::state.eq(state.number())),
    };
    let rows: Vec<DeliveryRow<'static>> = query.order(deliveries::event_id.desc()).limit(limit).load(conn)?;
    rows.into_iter().map(DeliveryRecord::try_from).collect()
}

/// One delivery of a listener.
pub fn record(conn: &mut Conn, listener: Uuid, event: Uuid) -> Result<DeliveryRecord, Error> {
    let key = (target(listener), event.as_bytes().to_vec());
    let row: DeliveryRow<'static> = deliveries::table.find(key).first(conn)?;
    row.try_into()
}

/// The newest attempts of a delivery, the oldest of them first.
pub fn attempts(conn: &mut Conn, listener: Uuid, event: Uuid) -> Result<Vec<AttemptRecord>, Error> {
    let rows: Vec<AttemptRow> = attempts::table
        .filter(attempts::target.eq(target(listener)))
        .filter(attempts::event_id.eq(event.as_bytes().as_slice()))
        .order(attempts::id.desc())
        .limit(MOST_ATTEMPTS)
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

/// Makes a delivery due at once, whatever its state. [`Error::Conflict`] while it is being tried.
pub fn redeliver(tx: &mut Tx<'_>, listener: Uuid, event: Uuid, now: i64) -> Result<DeliveryRecord, Error> {
    let before = record(tx.conn(), listener, event)?;
    if before.is_claimed && before.due.is_some_and(|until| until > now) {
        return Err(Error::Conflict("an attempt is in flight".to_owned()));
    }
    let row = deliveries::table
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::event_id.eq(event.as_bytes().to_vec()))
        .filter(deliveries::claimed_by.is_null().or(deliveries::due.le(now)));
    diesel::update(row)
        .set((
            deliveries::state.eq(State::Waiting.number()),
            deliveries::due.eq(now),
            deliveries::claimed_by.eq(None::<Vec<u8>>),
            deliveries::attempts.eq(0),
            deliveries::reason.eq(None::<String>),
        ))
        .execute(tx.conn())?;
    forget_attempts(tx, listener, event)?;
    tx.wrote_events();
    record(tx.conn(), listener, event)
}

/// Deletes the attempts of a delivery that are not shown any more.
fn forget_attempts(tx: &mut Tx<'_>, listener: Uuid, event: Uuid) -> Result<(), Error> {
    let made = attempts::table
        .filter(attempts::target.eq(target(listener)))
        .filter(attempts::event_id.eq(event.as_bytes().to_vec()));
    let oldest_shown: Option<Vec<u8>> = made
        .clone()
        .select(attempts::id)
        .order(attempts::id.desc())
        .offset(MOST_ATTEMPTS - 1)
        .limit(1)
        .first(tx.conn())
        .optional()?;
    if let Some(oldest) = oldest_shown {
        diesel::delete(made.filter(attempts::id.lt(oldest))).execute(tx.conn())?;
    }
    Ok(())
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
pub(super) fn delete_rows(tx: &mut Tx<'_>, target: &str, ids: &[Vec<u8>]) -> Result<usize, Error> {
    let mut deleted = 0;
    for ids in ids.chunks(CHUNK) {
        let made = attempts::table
            .filter(attempts::target.eq(target))
            .filter(attempts::event_id.eq_any(ids));
        diesel::delete(made).execute(tx.conn())?;
        let rows = deliveries::table
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.eq_any(ids));
        deleted += diesel::delete(rows).execute(tx.conn())?;
        event::delete_settled(tx.conn(), ids.iter().map(Vec::as_slice))?;
    }
    Ok(deleted)
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
            due: row.due.filter(|_| state == State::Waiting),
            is_claimed: row.claimed_by.is_some(),
            attempts: usize::try_from(row.attempts).unwrap_or(0),
            reason: row.reason.map(std::borrow::Cow::into_owned),
        })
    }
}
