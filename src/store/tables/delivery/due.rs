//! Claiming the deliveries of listeners: each claim is a lease, so that several servers share the work and the deliveries of a server
//! that dies are taken over.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use uuid::Uuid;

use super::row::{NEVER, State, target};
use crate::event::Envelope;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::deliveries;
use crate::store::tables::event;
use crate::store::tables::ids::{CHUNK, uuid};
use crate::store::transaction::Tx;

/// The terms of a claim.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Now, in microseconds since 1970.
    pub now: i64,
    /// When the claim ends, in microseconds since 1970.
    pub until: i64,
    /// Identifies the claim. Each has an id of its own: what fails after its claim was over must not end the next one, even of the
    /// same server.
    pub claim: Uuid,
    /// The most deliveries.
    pub limit: usize,
}

/// A claimed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    /// The event.
    pub event: Envelope,
    /// How often it was tried before.
    pub attempts: usize,
    /// The claim under which it is settled.
    pub claim: Uuid,
}

/// A row that is due: its id, the attempts, and what it must stay in order with.
type Candidate = (Vec<u8>, i32, Option<i64>);

/// The most rounds of a claim. Another one follows if deliveries were found that must wait for an earlier one.
const ROUNDS: usize = 20;

/// Deliveries to look at in each round after the first.
const LOOK: usize = 100;

/// Claims the deliveries of a listener that are due, the longest due first. Of those that must stay in order, only the first of
/// each resource.
pub fn claim_due(tx: &mut Tx<'_>, listener: Uuid, terms: Terms) -> Result<Vec<DueDelivery>, Error> {
    let target = target(listener);
    let conn = tx.conn();
    let (mut claimed, mut look) = (Vec::new(), terms.limit);
    for _ in 0..ROUNDS {
        let found = candidates(conn, &target, terms.now, look)?;
        let (mut free, blocked) = unblocked(conn, &target, found)?;
        free.truncate(terms.limit - claimed.len());
        hold(conn, &target, &free, terms)?;
        for key in &blocked {
            put_off(conn, &target, *key, terms.now)?;
        }
        claimed.extend(free);
        if blocked.is_empty() || claimed.len() == terms.limit {
            break;
        }
        look = terms.limit.max(LOOK);
    }
    load(conn, &target, &claimed, terms)
}

/// The deliveries that are due. Those that another server is just claiming are passed over where the database can; elsewhere one
/// of two waits for the other.
fn candidates(conn: &mut Conn, target: &str, now: i64, limit: usize) -> Result<Vec<Candidate>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let passing_over = conn.passing_over_locked();
    let select = sql::<(Binary, Integer, Nullable<BigInt>)>(
        "SELECT event_id, attempts, order_key FROM deliveries WHERE target = ",
    );
    Ok(select
        .bind::<Text, _>(target)
        .sql(" AND due <= ")
        .bind::<BigInt, _>(now)
        .sql(" ORDER BY due, event_id LIMIT ")
        .bind::<BigInt, _>(limit)
        .sql(passing_over)
        .load(conn)?)
}

/// Separates those that must wait for an earlier one, and tells what they must stay in order with.
fn unblocked(
    conn: &mut Conn,
    target: &str,
    candidates: Vec<Candidate>,
) -> Result<(Vec<Candidate>, BTreeSet<i64>), Error> {
    let keys = candidates.iter().filter_map(|(_, _, key)| *key);
    let mut firsts = BTreeMap::new();
    for key in keys.collect::<BTreeSet<_>>() {
        firsts.insert(key, first_of(conn, target, key)?);
    }
    let (mut free, mut blocked) = (Vec::with_capacity(candidates.len()), BTreeSet::new());
    for candidate in candidates {
        let (id, _, key) = &candidate;
        match key.and_then(|key| Some((key, firsts.get(&key)?.as_ref()?))) {
            Some((key, (first, _))) if first < id => drop(blocked.insert(key)),
            _ => free.push(candidate),
        }
    }
    Ok((free, blocked))
}

/// Puts off all that is due of a resource until the first one is, which makes the next one due once it is finished.
fn put_off(conn: &mut Conn, target: &str, key: i64, now: i64) -> Result<(), Error> {
    let Some((first, due)) = first_of(conn, target, key)? else {
        return Ok(());
    };
    let rest = deliveries::table
        .filter(deliveries::target.eq(target))
        .filter(deliveries::order_key.eq(key))
        .filter(deliveries::event_id.gt(first))
        .filter(deliveries::due.le(now));
    diesel::update(rest)
        .set((
            deliveries::due.eq(due.saturating_add(1)),
            deliveries::claimed_by.eq(None::<Vec<u8>>),
        ))
        .execute(conn)?;
    Ok(())
}

fn hold(conn: &mut Conn, target: &str, free: &[Candidate], terms: Terms) -> Result<(), Error> {
    for free in free.chunks(CHUNK) {
        let rows = deliveries::table
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.eq_any(free.iter().map(|(id, ..)| id)));
        diesel::update(rows)
            .set((
                deliveries::due.eq(terms.until),
                deliveries::claimed_by.eq(terms.claim.as_bytes().as_slice()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn load(
    conn: &mut Conn,
    target: &str,
    claimed: &[Candidate],
    terms: Terms,
) -> Result<Vec<DueDelivery>, Error> {
    let ids: Vec<&[u8]> = claimed.iter().map(|(id, ..)| id.as_slice()).collect();
    let mut events = event::by_ids(conn, &ids)?;
    let mut due = Vec::with_capacity(claimed.len());
    for (id, attempts, key) in claimed {
        if let Some(event) = events.remove(&uuid(id)?) {
            due.push(DueDelivery {
                event,
                attempts: usize::try_from(*attempts).unwrap_or(0),
                claim: terms.claim,
            });
            continue;
        }
        lose(conn, target, id)?;
        if let Some(key) = key {
            wake_next(conn, target, *key, terms.now)?;
        }
    }
    Ok(due)
}

/// The first unfinished delivery of a resource, and when it is due.
fn first_of(conn: &mut Conn, target: &str, key: i64) -> Result<Option<(Vec<u8>, i64)>, Error> {
    let first: Option<(Vec<u8>, Option<i64>)> = deliveries::table
        .select((deliveries::event_id, deliveries::due))
        .filter(deliveries::target.eq(target))
        .filter(deliveries::order_key.eq(key))
        .order(deliveries::event_id)
        .first(conn)
        .optional()?;
    Ok(first.map(|(id, due)| (id, due.unwrap_or_default())))
}

/// Makes the next delivery of a resource due if it only waited for the one in front of it.
pub(super) fn wake_next(conn: &mut Conn, target: &str, key: i64, now: i64) -> Result<(), Error> {
    let Some((id, _)) = first_of(conn, target, key)? else {
        return Ok(());
    };
    let waits = deliveries::table
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.eq(id))
        .filter(deliveries::claimed_by.is_null())
        .filter(deliveries::attempts.eq(0))
        .filter(deliveries::due.gt(now));
    diesel::update(waits).set(deliveries::due.eq(now)).execute(conn)?;
    Ok(())
}

/// Turns a delivery without its event, as after a restore, into a dead letter.
fn lose(conn: &mut Conn, target: &str, id: &[u8]) -> Result<(), Error> {
    let row = deliveries::table.find((target, id));
    diesel::update(row)
        .set((
            deliveries::state.eq(State::Dead.number()),
            deliveries::due.eq(NEVER),
            deliveries::claimed_by.eq(None::<Vec<u8>>),
            deliveries::order_key.eq(None::<i64>),
            deliveries::reason.eq("its payload is missing"),
        ))
        .execute(conn)?;
    Ok(())
}
