//! Delivering to a listener again, and what it has missed.

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{DeliveryRow, State, target};
use crate::event::Envelope;
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{deliveries, events, pending_events};
use crate::store::tables::event::EventRow;
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

/// A kept event: id, time, type and project.
type Kept = (Vec<u8>, i64, String, Option<String>);

/// Makes deliveries due at once: of those after an event's id, as many as one step looks at. Returns how many, and after which
/// event the next step begins, unless it is done. Deliveries that are being tried are left alone.
pub fn deliver_again(
    tx: &mut Tx<'_>,
    again: &Again,
    after: Option<Uuid>,
    now: i64,
) -> Result<(usize, Option<Uuid>), Error> {
    let target = target(again.listener);
    let first = after.map_or_else(|| first_id(again.since), |after| after.as_bytes().to_vec());
    let last = first_id(again.until.saturating_add(1000));
    let conn = tx.conn();
    let looked_at: Vec<Vec<u8>> = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(&target))
        .filter(deliveries::event_id.gt(&first))
        .filter(deliveries::event_id.lt(&last))
        .order(deliveries::event_id)
        .limit(STEP)
        .load(conn)?;
    let mut kept: Vec<Kept> = events::table
        .select((
            events::id,
            events::created_at,
            events::event_type,
            events::project_id,
        ))
        .filter(events::id.gt(&first))
        .filter(events::id.lt(&last))
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
    let until = end.as_ref().unwrap_or(&last);
    kept.retain(|(id, ..)| id <= until);
    let made_due = make_due(conn, &target, again, (&first, until), now)?;
    let made_up = make_up(conn, &target, again, &kept, now)?;
    tx.wrote_events();
    Ok((made_due + made_up, end.map(|id| uuid(&id)).transpose()?))
}

fn make_due(
    conn: &mut Conn,
    target: &str,
    again: &Again,
    (after, until): (&[u8], &[u8]),
    now: i64,
) -> Result<usize, Error> {
    let rows = deliveries::table
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.gt(after))
        .filter(deliveries::event_id.le(until))
        .filter(deliveries::state.eq(again.state.number()))
        .filter(deliveries::created_at.ge(again.since))
        .filter(deliveries::created_at.lt(again.until))
        .filter(deliveries::claimed_by.is_null().or(deliveries::due.le(now)));
    Ok(diesel::update(rows)
        .set((
            deliveries::state.eq(State::Waiting.number()),
            deliveries::due.eq(now),
            deliveries::claimed_by.eq(None::<Vec<u8>>),
            deliveries::attempts.eq(0),
            deliveries::reason.eq(None::<String>),
        ))
        .execute(conn)?)
}

/// Adds deliveries of the matching events that have none.
fn make_up(conn: &mut Conn, target: &str, again: &Again, kept: &[Kept], now: i64) -> Result<usize, Error> {
    let is_wanted = |(_, at, event_type, project): &&Kept| {
        (again.since..again.until).contains(at)
            && again.types.contains(&event_type.as_str())
            && (again.project.is_none() || *project == again.project)
    };
    let wanted: Vec<&Kept> = kept.iter().filter(is_wanted).collect();
    let mut made_up = 0;
    for wanted in wanted.chunks(CHUNK) {
        let known: Vec<Vec<u8>> = deliveries::table
            .select(deliveries::event_id)
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.eq_any(wanted.iter().map(|(id, ..)| id)))
            .load(conn)?;
        let known: HashSet<&[u8]> = known.iter().map(Vec::as_slice).collect();
        let missed = wanted.iter().filter(|(id, ..)| !known.contains(id.as_slice()));
        let rows: Vec<DeliveryRow<'_>> = missed
            .map(|(id, at, ..)| DeliveryRow {
                target: target.into(),
                event_id: id.into(),
                created_at: *at,
                state: State::Waiting.number(),
                due: Some(now),
                attempts: 0,
                claimed_by: None,
                order_key: None,
                reason: None,
            })
            .collect();
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
