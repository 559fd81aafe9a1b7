//! Settling the deliveries of listeners after an attempt.

use std::collections::BTreeSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::attempts::{AttemptRow, forget_oldest};
use super::order::wake_next;
use super::picked::{Picked, with_picked};
use super::row::{DeadLetter, State, target, without_nul};
use crate::store::connection::Conn;
use crate::store::dialect::chunks;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{attempts, deliveries};
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
    settle_each(tx, &[(listener, made)], now)
}

/// The same for several listeners together. A server then takes few statements.
pub fn settle_each(tx: &mut Tx<'_>, made: &[(Uuid, &[Attempt])], now: i64) -> Result<usize, Error> {
    let conn = tx.conn();
    let made: Vec<(String, &[Attempt])> = made
        .iter()
        .map(|(listener, made)| (target(*listener), *made))
        .collect();
    let keys = picked(&made, |_| true).lock(conn)?;
    // Those of deliveries that were deleted meanwhile would stay for ever. The others are locked: none is deleted before these
    // attempts are there to be deleted with it.
    let all = || {
        let each = made.iter();
        each.flat_map(|(target, made)| made.iter().map(move |attempt| (target.as_str(), attempt)))
    };
    let rows = all()
        .filter(|(target, attempt)| keys.contains_key(&(*target, attempt.event.as_bytes().as_slice())))
        .map(|(target, attempt)| row(target, attempt));
    chunks::by_size(rows.map(|row| (row.answer.len() + 128, row)), |rows| {
        insert(conn, &rows)
    })?;
    let is_delivered = |attempt: &Attempt| attempt.then == Then::Delivered;
    let mut settled = settle_delivered(conn, &picked(&made, is_delivered))?;
    for (target, attempt) in all().filter(|(_, attempt)| !is_delivered(attempt)) {
        settled += settle_failed(conn, target, attempt)?;
        forget_oldest(conn, target, attempt.event)?;
    }
    let ordered = keys
        .into_iter()
        .filter_map(|((target, _), key)| Some((target, key?)));
    for (target, key) in ordered.collect::<BTreeSet<_>>() {
        wake_next(conn, target, key, now)?;
    }
    Ok(settled)
}

/// The deliveries of some attempts.
fn picked<'a>(made: &'a [(String, &'a [Attempt])], is_wanted: impl Fn(&Attempt) -> bool) -> Picked<'a> {
    let mut picked = Picked::default();
    for (target, made) in made {
        let wanted = made.iter().filter(|attempt| is_wanted(attempt));
        picked.add(target, wanted.map(|attempt| attempt.event.as_bytes().as_slice()));
    }
    picked
}

fn insert(conn: &mut Conn, rows: &[AttemptRow]) -> Result<(), Error> {
    #[cfg(feature = "postgres")]
    if let Conn::Postgres(conn) = conn {
        super::arrays::insert_attempts(conn, rows)?;
        return Ok(());
    }
    insert_new!(conn, attempts::table, rows);
    Ok(())
}

fn settle_delivered(conn: &mut Conn, delivered: &Picked<'_>) -> Result<usize, Error> {
    let mut settled = 0;
    with_picked!(delivered, conn, (conn, rows) => {
        let unsettled = rows.filter(deliveries::state.ne(State::Delivered.number()));
        settled += diesel::update(unsettled)
            .set((
                deliveries::state.eq(State::Delivered.number()),
                deliveries::due.eq(None::<i64>),
                deliveries::attempts.eq(deliveries::attempts + 1),
                deliveries::claimed_by.eq(None::<Vec<u8>>),
                deliveries::order_key.eq(None::<i64>),
                deliveries::reason.eq(None::<String>),
            ))
            .execute(conn)?;
    });
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
