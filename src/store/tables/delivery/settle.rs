//! Settling the deliveries of listeners after an attempt.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::attempts::{AttemptRow, forget_oldest};
use super::order::wake_next;
use super::row::{DeadLetter, State, target, without_nul};
use crate::store::connection::Conn;
use crate::store::dialect::among::among;
use crate::store::dialect::chunks;
use crate::store::dialect::insert::insert_new;
use crate::store::dialect::locked::load_locked;
use crate::store::error::Error;
use crate::store::schema::{attempts, deliveries};
use crate::store::tables::ids::CHUNK;
use crate::store::transaction::Tx;

/// An attempt to deliver an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The event.
    pub event: Uuid,
    /// Identifies the attempt, and sorts by time.
    pub id: Uuid,
    /// The claim that it was made under.
    pub claim: Uuid,
    /// When it began, in microseconds since 1970.
    pub started_at: i64,
    /// How long it took.
    pub milliseconds: u32,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The beginning of the answer, or why there is none.
    pub answer: String,
    /// What follows.
    pub then: Then,
}

/// What follows from an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// The receiver has it.
    Delivered,
    /// The next attempt is due then, in microseconds since 1970.
    Retry(i64),
    /// It becomes a dead letter, for this reason.
    Dead(String),
}

/// Settles deliveries of a listener, all or none. What arrived is settled even if the claim is over and another one has begun;
/// what failed is left to that one. Returns how many were settled. Settling the same attempts again changes nothing.
pub fn settle_attempts(tx: &mut Tx<'_>, listener: Uuid, made: &[Attempt], now: i64) -> Result<usize, Error> {
    let (target, conn) = (target(listener), tx.conn());
    let keys = existing(conn, &target, made)?;
    // Those of deliveries that were deleted meanwhile would stay for ever. The others are locked: none is deleted before these
    // attempts are there to be deleted with it.
    let rows = made
        .iter()
        .filter(|attempt| keys.contains_key(attempt.event.as_bytes().as_slice()))
        .map(|attempt| row(&target, attempt));
    chunks::by_size(rows.map(|row| (row.answer.len() + 128, row)), |rows| {
        insert_new!(conn, attempts::table, rows);
        Ok(())
    })?;
    let is_delivered = |attempt: &&Attempt| attempt.then == Then::Delivered;
    let delivered = made.iter().filter(is_delivered);
    let delivered: Vec<&[u8]> = delivered.map(|one| one.event.as_bytes().as_slice()).collect();
    let mut settled = settle_delivered(conn, &target, &delivered)?;
    for attempt in made.iter().filter(|attempt| !is_delivered(attempt)) {
        settled += settle_failed(conn, &target, attempt)?;
        forget_oldest(conn, &target, attempt.event)?;
    }
    for key in keys.into_values().flatten().collect::<BTreeSet<_>>() {
        wake_next(conn, &target, key, now)?;
    }
    Ok(settled)
}

/// Locks the deliveries that exist, and returns the resource whose order each must keep.
fn existing(
    conn: &mut Conn,
    target: &str,
    made: &[Attempt],
) -> Result<BTreeMap<Vec<u8>, Option<i64>>, Error> {
    let mut keys = BTreeMap::new();
    for made in made.chunks(CHUNK) {
        let rows = deliveries::table
            .select((deliveries::event_id, deliveries::order_key))
            .filter(deliveries::target.eq(target))
            .filter(among(
                deliveries::event_id,
                made.iter().map(|one| one.event.as_bytes().as_slice()),
            ));
        let found: Vec<(Vec<u8>, Option<i64>)> = load_locked!(conn, rows);
        keys.extend(found);
    }
    Ok(keys)
}

fn settle_delivered(conn: &mut Conn, target: &str, ids: &[&[u8]]) -> Result<usize, Error> {
    let mut settled = 0;
    for ids in ids.chunks(CHUNK) {
        let rows = deliveries::table
            .filter(deliveries::target.eq(target))
            .filter(among(deliveries::event_id, ids.iter().copied()))
            .filter(deliveries::state.ne(State::Delivered.number()));
        settled += diesel::update(rows)
            .set((
                deliveries::state.eq(State::Delivered.number()),
                deliveries::due.eq(None::<i64>),
                deliveries::attempts.eq(deliveries::attempts + 1),
                deliveries::claimed_by.eq(None::<Vec<u8>>),
                deliveries::order_key.eq(None::<i64>),
                deliveries::reason.eq(None::<String>),
            ))
            .execute(conn)?;
    }
    Ok(settled)
}

fn settle_failed(conn: &mut Conn, target: &str, attempt: &Attempt) -> Result<usize, Error> {
    let row = deliveries::table
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.eq(attempt.event.as_bytes().as_slice()))
        .filter(deliveries::claimed_by.eq(attempt.claim.as_bytes().as_slice()));
    let one_more = deliveries::attempts.eq(deliveries::attempts + 1);
    Ok(match &attempt.then {
        Then::Delivered => 0,
        Then::Retry(due) => diesel::update(row)
            .set((
                deliveries::due.eq(*due),
                one_more,
                deliveries::claimed_by.eq(None::<Vec<u8>>),
            ))
            .execute(conn)?,
        Then::Dead(reason) => diesel::update(row)
            .set((DeadLetter::because(reason), one_more))
            .execute(conn)?,
    })
}

fn row(target: &str, attempt: &Attempt) -> AttemptRow {
    AttemptRow {
        target: target.to_owned(),
        event_id: attempt.event.as_bytes().to_vec(),
        id: attempt.id.as_bytes().to_vec(),
        started_at: attempt.started_at,
        milliseconds: i32::try_from(attempt.milliseconds).unwrap_or(i32::MAX),
        is_delivered: attempt.then == Then::Delivered,
        status: attempt.status.map(i32::from),
        answer: without_nul(&attempt.answer),
    }
}
