//! Claiming the deliveries of listeners: each claim is a lease, so that several servers share the work and the deliveries of a server
//! that dies are taken over.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use uuid::Uuid;

use super::order::{put_behind, unblocked, wake_next};
use super::release::end_claims;
use super::row::{Candidate, DeadLetter, target};
use crate::event::Envelope;
use crate::store::connection::Conn;
use crate::store::dialect::among::among;
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

/// The most rounds of a claim. Another one follows if deliveries were found that must wait for an earlier one.
const ROUNDS: usize = 20;

/// Deliveries to look at in each round after the first.
const LOOK: usize = 250;

/// Claims the deliveries of a listener that are due, the longest due first. Of those that must stay in order, only the first of
/// each resource.
pub fn claim_due(tx: &mut Tx<'_>, listener: Uuid, terms: Terms) -> Result<Vec<DueDelivery>, Error> {
    claim_within(tx, listener, terms, usize::MAX)
}

/// The same, but no further ones once the events take `most_bytes`.
pub fn claim_within(
    tx: &mut Tx<'_>,
    listener: Uuid,
    terms: Terms,
    most_bytes: usize,
) -> Result<Vec<DueDelivery>, Error> {
    let target = target(listener);
    let conn = tx.conn();
    let (mut claimed, mut look) = (Vec::new(), terms.limit);
    for _ in 0..ROUNDS {
        let found = candidates(conn, &target, terms.now, look)?;
        let (mut free, blocked) = unblocked(conn, &target, found)?;
        free.truncate(terms.limit - claimed.len());
        hold(conn, &target, &free, terms)?;
        let moved = put_behind(conn, &target, &blocked, terms.now)?;
        claimed.extend(free);
        if moved == 0 || claimed.len() == terms.limit {
            break;
        }
        look = terms.limit.max(LOOK);
    }
    let mut due = load(conn, &target, &claimed, terms)?;
    let mut bytes = 0;
    let is_over = |one: &DueDelivery| {
        let is_over = bytes >= most_bytes;
        bytes += one.event.size();
        is_over
    };
    if let Some(end) = due.iter().position(is_over) {
        let rest = due.split_off(end);
        let events: Vec<Uuid> = rest.iter().map(|one| one.event.message_id).collect();
        end_claims(conn, &target, terms.claim, &events, terms.now)?;
    }
    Ok(due)
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

fn hold(conn: &mut Conn, target: &str, free: &[Candidate], terms: Terms) -> Result<(), Error> {
    for free in free.chunks(CHUNK) {
        let rows = deliveries::table
            .filter(deliveries::target.eq(target))
            .filter(among(
                deliveries::event_id,
                free.iter().map(|(id, ..)| id.as_slice()),
            ));
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
        // One whose id cannot be read must not hold up the others.
        if let Some(event) = uuid(id).ok().and_then(|id| events.remove(&id)) {
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

/// Turns a delivery without its event, as after a restore, into a dead letter.
fn lose(conn: &mut Conn, target: &str, id: &[u8]) -> Result<(), Error> {
    let row = deliveries::table.find((target, id));
    diesel::update(row)
        .set(DeadLetter::because("its payload is missing"))
        .execute(conn)?;
    Ok(())
}
