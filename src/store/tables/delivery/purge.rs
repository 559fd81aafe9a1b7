//! Purging the deliveries of listeners.

use diesel::prelude::*;
use uuid::Uuid;

use super::record::delete_rows;
use super::row::{AFTER_LISTENERS, LISTENER, State};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{deliveries, listeners};
use crate::store::transaction::Tx;

/// Where a sweep is: after this event of this listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweptTo {
    target: String,
    event: Vec<u8>,
}

/// Before which times finished deliveries and dead letters are deleted, in microseconds since 1970. It is the time of the event
/// that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSince {
    /// For delivered events.
    pub delivered: i64,
    /// For dead letters, dismissed or not.
    pub dead: i64,
}

impl SweptTo {
    /// Before all listeners.
    pub fn nothing() -> Self {
        Self {
            target: LISTENER.to_owned(),
            event: Vec::new(),
        }
    }
}

/// What a sweep found in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    target: String,
    /// What is too old, and what belongs to no listener.
    due: Vec<Vec<u8>>,
    /// Where the sweep is, unless it is done.
    pub next: Option<SweptTo>,
}

impl Swept {
    /// How many deliveries are to be deleted.
    pub fn count(&self) -> usize {
        self.due.len()
    }
}

/// Looks at up to `limit` deliveries after a place, for what is too old or belongs to no listener.
pub fn look_at_listeners(
    conn: &mut Conn,
    from: &SweptTo,
    kept: KeptSince,
    limit: i64,
) -> Result<Swept, Error> {
    let seen: Vec<(Vec<u8>, i64, i16)> = deliveries::table
        .select((deliveries::event_id, deliveries::created_at, deliveries::state))
        .filter(deliveries::target.eq(&from.target))
        .filter(deliveries::event_id.gt(&from.event))
        .order(deliveries::event_id)
        .limit(limit)
        .load(conn)?;
    let has_listener = has_listener(conn, &from.target)?;
    // Ids ascend with time.
    let oldest_kept = kept.delivered.max(kept.dead);
    let is_over = !i64::try_from(seen.len()).is_ok_and(|seen| seen == limit)
        || (has_listener && seen.last().is_some_and(|(_, at, _)| *at >= oldest_kept));
    let is_due = |at: i64, state: i16| match State::from_number(state) {
        Some(State::Delivered) => at < kept.delivered,
        Some(State::Dead | State::Dismissed) => at < kept.dead,
        _ => false,
    };
    let next = match seen.last() {
        Some((event, ..)) if !is_over => Some(SweptTo {
            event: event.clone(),
            ..from.clone()
        }),
        _ => next_listener(conn, &from.target)?,
    };
    let due = seen
        .into_iter()
        .filter(|(_, at, state)| !has_listener || is_due(*at, *state));
    Ok(Swept {
        target: from.target.clone(),
        due: due.map(|(id, ..)| id).collect(),
        next,
    })
}

/// Deletes what a step finds. Returns how many deliveries that were, and where the sweep is unless it is done.
pub fn sweep_listeners(
    tx: &mut Tx<'_>,
    from: &SweptTo,
    kept: KeptSince,
    limit: i64,
) -> Result<(usize, Option<SweptTo>), Error> {
    let found = look_at_listeners(tx.conn(), from, kept, limit)?;
    let deleted = delete_rows(tx, &found.target, &found.due)?;
    Ok((deleted, found.next))
}

fn has_listener(conn: &mut Conn, target: &str) -> Result<bool, Error> {
    let id = target.strip_prefix(LISTENER).map(Uuid::try_parse);
    let Some(Ok(id)) = id else { return Ok(false) };
    let listener = listeners::table.find(id.as_bytes().to_vec());
    let found: Option<Vec<u8>> = listener.select(listeners::id).first(conn).optional()?;
    Ok(found.is_some())
}

fn next_listener(conn: &mut Conn, target: &str) -> Result<Option<SweptTo>, Error> {
    let next = deliveries::table
        .select(deliveries::target)
        .filter(deliveries::target.gt(target))
        .filter(deliveries::target.lt(AFTER_LISTENERS))
        .order((deliveries::target, deliveries::event_id))
        .first(conn)
        .optional()?;
    Ok(next.map(|target| SweptTo {
        target,
        event: Vec::new(),
    }))
}
