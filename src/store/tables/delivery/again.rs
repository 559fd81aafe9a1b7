//! Delivering to a listener again, and what it has missed.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::record::{DeliveryRecord, record, room};
use super::row::{DeliveryRow, DueAgain, State, order_key, target};
use crate::event::Envelope;
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{deliveries, events, pending_events};
use crate::store::tables::event::{self, EventRow, PAGE_ROWS};
use crate::store::tables::ids::{CHUNK, uuid};
use crate::store::tables::subscription::Subscriber;
use crate::store::transaction::Tx;

/// Deliveries, and kept events, that one step looks at.
const STEP: i64 = 1000;

/// Which deliveries are made again, and which are made up for.
#[derive(Debug, Clone)]
pub struct Again {
    /// The listener.
    pub listener: Uuid,
    /// Events reported at or after this time, in microseconds since 1970,
    pub since: i64,
    /// and before this one.
    pub until: i64,
    /// Deliveries in this state.
    pub state: State,
    /// The listener's event types. Kept events of them that it never got are delivered, too.
    pub types: Vec<&'static str>,
    /// Whose events it gets; none for those of all projects.
    pub project: Option<String>,
}

/// How deliveries are made again.
#[derive(Debug, Clone, Copy)]
pub struct Redelivery {
    /// Now, in microseconds since 1970.
    pub now: i64,
    /// Whether the listener gets the events of one resource in order.
    pub is_ordered: bool,
    /// The most deliveries that may wait for the listener.
    pub max_pending: i64,
}

/// A kept event: id, time, type and project.
type Kept = (Vec<u8>, i64, String, Option<String>);

/// What to make due: the event, the resource that its delivery must stay in order with if that is known, and when it was reported
/// if it has no delivery.
type Wanted = (Vec<u8>, Option<i64>, Option<i64>);

/// Makes a delivery due at once, whatever its state. [`Error::Conflict`] while it is being tried, and if too many wait.
pub fn redeliver(
    tx: &mut Tx<'_>,
    listener: Uuid,
    event: Uuid,
    terms: Redelivery,
) -> Result<DeliveryRecord, Error> {
    let (target, now) = (target(listener), terms.now);
    let before = record(tx.conn(), listener, event)?;
    if before.is_claimed && before.due.is_some_and(|until| until > now) {
        return Err(Error::Conflict("an attempt is in flight".to_owned()));
    }
    if before.state != State::Waiting {
        room(tx.conn(), listener, terms.max_pending)?;
    }
    let id = event.as_bytes().to_vec();
    let row = deliveries::table.find((target.as_str(), id.as_slice()));
    let key: Option<i64> = row.select(deliveries::order_key).first(tx.conn())?;
    let wanted = ordered(tx.conn(), vec![(id, key, None)], terms.is_ordered)?;
    make_due(tx.conn(), &target, None, &wanted, now)?;
    tx.wrote_events();
    record(tx.conn(), listener, event)
}

/// Makes deliveries due at once: of those after an event's id, as many as one step looks at and as may wait. Returns how many, and
/// after which event the next step begins, unless it is done. Deliveries that are being tried are left alone. [`Error::Conflict`]
/// if no more may wait.
pub fn deliver_again(
    tx: &mut Tx<'_>,
    again: &Again,
    after: Option<Uuid>,
    terms: Redelivery,
) -> Result<(usize, Option<Uuid>), Error> {
    let target = target(again.listener);
    let first = after.map_or_else(|| first_id(again.since), |after| after.as_bytes().to_vec());
    let last = first_id(again.until.saturating_add(1000));
    let conn = tx.conn();
    // Those that wait already need no room.
    let needs_none = again.state == State::Waiting && again.types.is_empty();
    let room = if needs_none {
        0
    } else {
        room(conn, again.listener, terms.max_pending)?
    };
    let (kept, mut end) = window(conn, &target, &first, &last)?;
    let until = end.as_ref().unwrap_or(&last);
    let mut wanted = known(conn, &target, again, (&first, until), terms.now)?;
    wanted.extend(missed(conn, &target, again, &kept, until)?);
    wanted.sort_unstable();
    let needs_room = |(_, _, reported): &Wanted| again.state != State::Waiting || reported.is_some();
    let too_many = usize::try_from(room).unwrap_or(usize::MAX);
    let first_without = (0..wanted.len())
        .filter(|at| needs_room(&wanted[*at]))
        .nth(too_many);
    if let Some(cut) = first_without {
        wanted.truncate(cut);
        end = wanted.last().map(|(id, ..)| id.clone());
    }
    let wanted = ordered(conn, wanted, terms.is_ordered)?;
    let made_due = make_due(conn, &target, Some(again.state), &wanted, terms.now)?;
    let made_up = make_up(conn, &target, &wanted, terms.now)?;
    tx.wrote_events();
    Ok((made_due + made_up, end.map(|id| uuid(&id)).transpose()?))
}

/// The kept events between two ids that one step looks at, and where the step ends if there may be more.
fn window(
    conn: &mut Conn,
    target: &str,
    first: &[u8],
    last: &[u8],
) -> Result<(Vec<Kept>, Option<Vec<u8>>), Error> {
    let looked_at: Vec<Vec<u8>> = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.gt(first))
        .filter(deliveries::event_id.lt(last))
        .order(deliveries::event_id)
        .limit(STEP)
        .load(conn)?;
    let kept: Vec<Kept> = events::table
        .select((
            events::id,
            events::created_at,
            events::event_type,
            events::project_id,
        ))
        .filter(events::id.gt(first))
        .filter(events::id.lt(last))
        .order(events::id)
        .limit(STEP)
        .load(conn)?;
    // A full list may go on; the step ends where the first of them does.
    let is_full = |rows: usize| i64::try_from(rows).is_ok_and(|rows| rows == STEP);
    let ends = [
        looked_at.last().filter(|_| is_full(looked_at.len())),
        kept.last().map(|(id, ..)| id).filter(|_| is_full(kept.len())),
    ];
    let end = ends.into_iter().flatten().min().cloned();
    Ok((kept, end))
}

/// The deliveries in the state.
fn known(
    conn: &mut Conn,
    target: &str,
    again: &Again,
    (after, until): (&[u8], &[u8]),
    now: i64,
) -> Result<Vec<Wanted>, Error> {
    let rows: Vec<(Vec<u8>, Option<i64>)> = deliveries::table
        .select((deliveries::event_id, deliveries::order_key))
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.gt(after))
        .filter(deliveries::event_id.le(until))
        .filter(deliveries::state.eq(again.state.number()))
        .filter(deliveries::created_at.ge(again.since))
        .filter(deliveries::created_at.lt(again.until))
        .filter(deliveries::claimed_by.is_null().or(deliveries::due.le(now)))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, key)| (id, key, None)).collect())
}

/// The matching events that have no delivery.
fn missed(
    conn: &mut Conn,
    target: &str,
    again: &Again,
    kept: &[Kept],
    until: &[u8],
) -> Result<Vec<Wanted>, Error> {
    let is_wanted = |(id, at, event_type, project): &&Kept| {
        id.as_slice() <= until
            && (again.since..again.until).contains(at)
            && again.types.contains(&event_type.as_str())
            && (again.project.is_none() || *project == again.project)
    };
    let matching: Vec<&Kept> = kept.iter().filter(is_wanted).collect();
    let mut missed = Vec::new();
    for matching in matching.chunks(CHUNK) {
        let known: Vec<Vec<u8>> = deliveries::table
            .select(deliveries::event_id)
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.eq_any(matching.iter().map(|(id, ..)| id)))
            .load(conn)?;
        let known: HashSet<&[u8]> = known.iter().map(Vec::as_slice).collect();
        let unknown = matching.iter().filter(|(id, ..)| !known.contains(id.as_slice()));
        missed.extend(unknown.map(|(id, at, ..)| (id.clone(), None, Some(*at))));
    }
    Ok(missed)
}

/// Adds the resource that each must stay in order with, unless it is known.
fn ordered(conn: &mut Conn, mut wanted: Vec<Wanted>, is_ordered: bool) -> Result<Vec<Wanted>, Error> {
    if !is_ordered {
        return Ok(wanted);
    }
    for wanted in wanted.chunks_mut(PAGE_ROWS) {
        let unknown = wanted.iter().filter(|(_, key, _)| key.is_none());
        let ids: Vec<&[u8]> = unknown.map(|(id, ..)| id.as_slice()).collect();
        let events = event::by_ids(conn, &ids)?;
        for (id, key, _) in wanted.iter_mut().filter(|(_, key, _)| key.is_none()) {
            *key = events.get(&uuid(id)?).map(order_key);
        }
    }
    Ok(wanted)
}

/// Makes those that have a delivery due, unless they are being tried, or no longer in this state.
fn make_due(
    conn: &mut Conn,
    target: &str,
    state: Option<State>,
    wanted: &[Wanted],
    now: i64,
) -> Result<usize, Error> {
    let mut by_key: BTreeMap<Option<i64>, Vec<&[u8]>> = BTreeMap::new();
    for (id, key, _) in wanted.iter().filter(|(.., reported)| reported.is_none()) {
        by_key.entry(*key).or_default().push(id);
    }
    let states = state.map_or_else(|| State::ALL.to_vec(), |state| vec![state]);
    let mut made_due = 0;
    for (key, ids) in by_key {
        for ids in ids.chunks(CHUNK) {
            let rows = deliveries::table
                .filter(deliveries::target.eq(target))
                .filter(deliveries::event_id.eq_any(ids))
                .filter(deliveries::state.eq_any(states.iter().map(|state| state.number())))
                .filter(deliveries::claimed_by.is_null().or(deliveries::due.le(now)));
            made_due += diesel::update(rows).set(DueAgain::at(now, key)).execute(conn)?;
        }
    }
    Ok(made_due)
}

/// Adds deliveries of those that have none.
fn make_up(conn: &mut Conn, target: &str, wanted: &[Wanted], now: i64) -> Result<usize, Error> {
    let mut made_up = 0;
    for wanted in wanted.chunks(CHUNK) {
        let rows = wanted.iter().filter_map(|(id, key, reported)| {
            Some(DeliveryRow {
                target: target.into(),
                event_id: id.into(),
                created_at: (*reported)?,
                state: State::Waiting.number(),
                due: Some(now),
                attempts: 0,
                claimed_by: None,
                order_key: *key,
                reason: None,
            })
        });
        let rows: Vec<DeliveryRow<'_>> = rows.collect();
        if !rows.is_empty() {
            made_up += insert_new!(conn, deliveries::table, &rows);
        }
    }
    Ok(made_up)
}

/// An id that precedes those of all events of a time, in microseconds since 1970, and follows those of earlier milliseconds.
fn first_id(at: i64) -> Vec<u8> {
    let milliseconds = u64::try_from(at / 1000).unwrap_or(0);
    let mut id = vec![0; 16];
    id[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    id
}

/// Adds an event for one listener alone, even if it is not subscribed to its type.
pub fn add_for(tx: &mut Tx<'_>, event: &Envelope, listener: Uuid) -> Result<(), Error> {
    let subscriber = Subscriber {
        listener,
        is_ordered: false,
        is_full: false,
    };
    let conn = tx.conn();
    diesel::insert_into(pending_events::table)
        .values(EventRow::from(event))
        .execute(conn)?;
    diesel::insert_into(deliveries::table)
        .values(DeliveryRow::due(event, subscriber))
        .execute(conn)?;
    tx.wrote_events();
    Ok(())
}
