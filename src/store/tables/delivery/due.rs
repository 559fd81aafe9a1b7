//! Claiming the deliveries of listeners: each claim is a lease, so that several servers share the work and the deliveries of a server
//! that dies are taken over.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable};
use uuid::Uuid;

use super::longest::longest_due;
use super::order::{put_behind, unblocked, wake_next};
use super::picked::{Picked, with_picked};
use super::release::end_claims;
use super::row::{Candidate, DeadLetter, target};
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
    /// The most deliveries of a listener.
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

/// What is being claimed of a listener.
struct Claiming {
    target: String,
    limit: usize,
    /// How many deliveries to look at next.
    look: usize,
    claimed: Vec<Candidate>,
}

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
    let mut claimed = claim_each(tx, &[(listener, terms.limit)], terms, most_bytes)?;
    Ok(claimed.pop().unwrap_or_default())
}

/// The same of several listeners together, of each no more than its own number either. A server then takes few statements.
pub fn claim_each(
    tx: &mut Tx<'_>,
    wanted: &[(Uuid, usize)],
    terms: Terms,
    most_bytes: usize,
) -> Result<Vec<Vec<DueDelivery>>, Error> {
    let conn = tx.conn();
    let begin = |(listener, most): &(Uuid, usize)| {
        let limit = terms.limit.min(*most);
        Claiming {
            target: target(*listener),
            limit,
            look: limit,
            claimed: Vec::new(),
        }
    };
    let mut claims: Vec<Claiming> = wanted.iter().map(begin).collect();
    for _ in 0..ROUNDS {
        let mut open: Vec<&mut Claiming> = claims.iter_mut().filter(|claim| claim.look > 0).collect();
        if open.is_empty() {
            break;
        }
        let found = candidates(conn, &open, terms.now)?;
        let mut parted = Vec::with_capacity(found.len());
        for (claim, found) in open.iter().zip(found) {
            let (mut free, blocked) = unblocked(conn, &claim.target, found)?;
            free.truncate(claim.limit - claim.claimed.len());
            parted.push((free, blocked));
        }
        hold(conn, &open, &parted, terms)?;
        for (claim, (free, blocked)) in open.iter_mut().zip(parted) {
            let moved = put_behind(conn, &claim.target, &blocked, terms.now)?;
            claim.claimed.extend(free);
            let is_done = moved == 0 || claim.claimed.len() == claim.limit;
            claim.look = if is_done { 0 } else { claim.limit.max(LOOK) };
        }
    }
    let mut due = load(conn, &claims, terms)?;
    for (claim, due) in claims.iter().zip(&mut due) {
        let mut bytes = 0;
        let is_over = |one: &DueDelivery| {
            let is_over = bytes >= most_bytes;
            bytes += one.event.size();
            is_over
        };
        if let Some(end) = due.iter().position(is_over) {
            let rest = due.split_off(end);
            let events: Vec<Uuid> = rest.iter().map(|one| one.event.message_id).collect();
            end_claims(conn, &claim.target, terms.claim, &events, terms.now)?;
        }
    }
    Ok(due)
}

/// The deliveries of each that are due. Those that another server is just claiming are passed over where the database can; elsewhere
/// one of two waits for the other.
fn candidates(conn: &mut Conn, claims: &[&mut Claiming], now: i64) -> Result<Vec<Vec<Candidate>>, Error> {
    let looks: Vec<(&str, usize)> = claims
        .iter()
        .map(|claim| (claim.target.as_str(), claim.look))
        .collect();
    let end = conn.passing_over_locked();
    longest_due!(
        conn,
        &looks,
        now,
        end,
        "event_id, attempts, order_key",
        (Binary, Integer, Nullable<BigInt>)
    )
}

fn hold(
    conn: &mut Conn,
    claims: &[&mut Claiming],
    parted: &[(Vec<Candidate>, Vec<Candidate>)],
    terms: Terms,
) -> Result<(), Error> {
    let mut held = Picked::default();
    for (claim, (free, _)) in claims.iter().zip(parted) {
        held.add(&claim.target, free.iter().map(|(id, ..)| id.as_slice()));
    }
    with_picked!(held, conn, (conn, rows) => {
        diesel::update(rows)
            .set((
                deliveries::due.eq(terms.until),
                deliveries::claimed_by.eq(terms.claim.as_bytes().as_slice()),
            ))
            .execute(conn)?
    });
    Ok(())
}

/// Loads the events, some at a time: an event of several listeners once.
fn load(conn: &mut Conn, claims: &[Claiming], terms: Terms) -> Result<Vec<Vec<DueDelivery>>, Error> {
    let mut due = Vec::with_capacity(claims.len());
    let mut rest = claims;
    while !rest.is_empty() {
        let (mut ids, mut count) = (BTreeSet::new(), 0);
        for claim in rest {
            if count > 0 && ids.len() >= CHUNK {
                break;
            }
            ids.extend(claim.claimed.iter().map(|(id, ..)| id.as_slice()));
            count += 1;
        }
        let (some, others) = rest.split_at(count);
        let mut events = event::by_ids(conn, &ids.into_iter().collect::<Vec<_>>())?;
        for claim in some {
            let mut take = |id: &Uuid| {
                if count == 1 {
                    events.remove(id)
                } else {
                    events.get(id).cloned()
                }
            };
            due.push(loaded(conn, claim, &mut take, terms)?);
        }
        rest = others;
    }
    Ok(due)
}

fn loaded(
    conn: &mut Conn,
    claim: &Claiming,
    take: &mut dyn FnMut(&Uuid) -> Option<Envelope>,
    terms: Terms,
) -> Result<Vec<DueDelivery>, Error> {
    let mut due = Vec::with_capacity(claim.claimed.len());
    for (id, attempts, key) in &claim.claimed {
        // One whose id cannot be read must not hold up the others.
        if let Some(event) = uuid(id).ok().and_then(|id| take(&id)) {
            due.push(DueDelivery {
                event,
                attempts: usize::try_from(*attempts).unwrap_or(0),
                claim: terms.claim,
            });
            continue;
        }
        lose(conn, &claim.target, id)?;
        if let Some(key) = key {
            wake_next(conn, &claim.target, *key, terms.now)?;
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
