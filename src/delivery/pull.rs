//! Listeners whose receivers fetch their deliveries: leasing and settling over the API.

use std::collections::HashSet;

use uuid::Uuid;

use crate::listener::Listener;
use crate::message::time;
use crate::store::delivery::{self, Attempt, DueDelivery, Leased, Terms, Then};
use crate::store::{Error, Tx};

/// How often a claim looks for lapsed leases before it gives way to others.
const MOST_LOOKS: usize = 10;

/// The bytes of events from which a claim takes no further ones.
const MOST_BYTES: usize = 4 << 20;

/// The fewest lapsed leases that a claim looks for at a time.
const LAPSED: usize = 100;

/// Leases deliveries of a listener that are due, under a new lease of the terms. A lease that ended without being settled counts
/// as a failed attempt: its delivery is leased again by the listener's schedule, and becomes a dead letter in the end. Empty if
/// nothing is due, or if more leases have lapsed than one transaction sees to.
pub fn claim(tx: &mut Tx<'_>, listener: &Listener, terms: Terms) -> Result<Vec<DueDelivery>, Error> {
    for _ in 0..MOST_LOOKS {
        let lapsed = delivery::lapsed(tx.conn(), listener.id, terms.now, terms.limit.max(LAPSED))?;
        if lapsed.is_empty() {
            return delivery::claim_within(tx, listener.id, terms, MOST_BYTES);
        }
        let failed = lapsed
            .into_iter()
            .map(|leased| failed(listener, leased, terms.now));
        delivery::settle_attempts(tx, listener.id, &failed.collect::<Vec<_>>(), terms.now)?;
    }
    Ok(Vec::new())
}

/// Finishes deliveries that the receiver has processed, even if their lease has ended. Returns the ids of which the listener has
/// no delivery.
pub fn settle(tx: &mut Tx<'_>, listener: Uuid, ids: &[Uuid], now: i64) -> Result<Vec<Uuid>, Error> {
    let leased = delivery::leased(tx.conn(), listener, ids)?;
    let unfinished = leased.iter().filter(|leased| leased.is_unfinished);
    let attempts: Vec<Attempt> = unfinished
        .map(|leased| attempt(*leased, now, "settled".to_owned(), Then::Delivered))
        .collect();
    // A delivery that has arrived is settled under any lease.
    delivery::settle_attempts(tx, listener, &attempts, now)?;
    let known: HashSet<Uuid> = leased.iter().map(|leased| leased.event).collect();
    Ok(ids.iter().filter(|id| !known.contains(id)).copied().collect())
}

fn failed(listener: &Listener, leased: Leased, now: i64) -> Attempt {
    let failures = leased.attempts + 1;
    let then = match listener.settings.retry.after(failures, 0.5) {
        Some(wait) => {
            Then::Retry(now.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 2)))
        }
        None => Then::Dead(format!("failed {failures} times")),
    };
    attempt(
        leased,
        now,
        "the lease ended before it was settled".to_owned(),
        then,
    )
}

fn attempt(leased: Leased, now: i64, answer: String, then: Then) -> Attempt {
    let started_at = leased.holder.and_then(begun).unwrap_or(now).min(now);
    let milliseconds = (now - started_at) / 1000;
    Attempt {
        event: leased.event,
        id: Uuid::now_v7(),
        claim: leased.holder.unwrap_or_default(),
        started_at,
        milliseconds: u32::try_from(milliseconds).unwrap_or(u32::MAX),
        status: None,
        answer,
        then,
    }
}

/// Returns when a lease began, in microseconds since 1970, according to its id.
fn begun(lease: Uuid) -> Option<i64> {
    let (seconds, nanos) = lease.get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok()?;
    Some(seconds.saturating_mul(time::SECOND) + i64::from(nanos / 1000))
}
