//! Purging the deliveries of listeners.
//!
//! What is finished is deleted some time after its event. What waits without end, for a listener that is disabled, is never asked
//! for its deliveries or cannot be used, becomes a dead letter first.

use std::collections::BTreeSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::order::wake_next;
use super::record::{delete_finished, delete_rows};
use super::row::{AFTER_LISTENERS, BEHIND, DeadLetter, LISTENER, State};
use crate::listener::Kind;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{deliveries, listeners};
use crate::store::tables::ids::CHUNK;
use crate::store::transaction::Tx;

/// Where a sweep is: after this event of this listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweptTo {
    target: String,
    event: Vec<u8>,
}

/// Before which times finished deliveries and dead letters are deleted, in microseconds since 1970. It is the time of the event
/// that counts; of what waits, the time when it became due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSince {
    /// For delivered events.
    pub delivered: i64,
    /// For dead letters, dismissed or not.
    pub dead: i64,
    /// For what waits in vain: it becomes a dead letter.
    pub waiting: i64,
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
    /// What belongs to no listener, in any state.
    orphaned: Vec<Vec<u8>>,
    /// What is finished and too old.
    finished: Vec<Vec<u8>>,
    /// What has waited for too long.
    overdue: Vec<Vec<u8>>,
    /// Since when it must wait to be overdue.
    waits_since: i64,
    /// Where the sweep is, unless it is done.
    pub next: Option<SweptTo>,
}

impl Swept {
    /// How many deliveries are to be deleted.
    pub fn count(&self) -> usize {
        self.orphaned.len() + self.finished.len()
    }
}

/// The columns of a delivery that decide whether it stays: event, report, state, due and attempts.
type Seen = (Vec<u8>, i64, i16, Option<i64>, i32);

/// How the owner of some deliveries takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// There is none.
    Gone,
    /// It is disabled, or fetches them if it likes.
    Idle,
    /// They are sent to it.
    Served,
}

impl Owner {
    /// Whether a delivery waits without end. One that was tried ends by the listener's schedule.
    fn is_overdue(self, (_, created_at, _, due, attempts): &Seen, since: i64) -> bool {
        // The due time of one that was made due again is later than its event.
        let waits_since = due.filter(|due| *due < BEHIND).unwrap_or(*created_at);
        waits_since.max(*created_at) < since && (self == Self::Idle || *attempts == 0)
    }
}

/// Looks at up to `limit` deliveries after a place, for what is too old or belongs to no listener.
pub fn look_at_listeners(
    conn: &mut Conn,
    from: &SweptTo,
    kept: KeptSince,
    limit: i64,
) -> Result<Swept, Error> {
    let seen: Vec<Seen> = deliveries::table
        .select((
            deliveries::event_id,
            deliveries::created_at,
            deliveries::state,
            deliveries::due,
            deliveries::attempts,
        ))
        .filter(deliveries::target.eq(&from.target))
        .filter(deliveries::event_id.gt(&from.event))
        .order(deliveries::event_id)
        .limit(limit)
        .load(conn)?;
    let owner = owner(conn, &from.target)?;
    // Ids ascend with time.
    let oldest_kept = kept.delivered.max(kept.dead).max(kept.waiting);
    let is_over = !i64::try_from(seen.len()).is_ok_and(|seen| seen == limit)
        || (owner != Owner::Gone && seen.last().is_some_and(|(_, at, ..)| *at >= oldest_kept));
    let next = match seen.last() {
        Some((event, ..)) if !is_over => Some(SweptTo {
            event: event.clone(),
            ..from.clone()
        }),
        _ => next_listener(conn, &from.target)?,
    };
    let mut swept = Swept {
        target: from.target.clone(),
        orphaned: Vec::new(),
        finished: Vec::new(),
        overdue: Vec::new(),
        waits_since: kept.waiting,
        next,
    };
    for row in seen {
        let at = row.1;
        match State::from_number(row.2) {
            _ if owner == Owner::Gone => swept.orphaned.push(row.0),
            Some(State::Delivered) if at < kept.delivered => swept.finished.push(row.0),
            Some(State::Dead | State::Dismissed) if at < kept.dead => swept.finished.push(row.0),
            Some(State::Waiting) if owner.is_overdue(&row, swept.waits_since) => swept.overdue.push(row.0),
            _ => {}
        }
    }
    Ok(swept)
}

/// Deletes what a step finds. Returns how many deliveries that were, and where the sweep is unless it is done.
pub fn sweep_listeners(
    tx: &mut Tx<'_>,
    from: &SweptTo,
    kept: KeptSince,
    limit: i64,
) -> Result<(usize, Option<SweptTo>), Error> {
    let found = look_at_listeners(tx.conn(), from, kept, limit)?;
    let deleted = delete_rows(tx, &found.target, &found.orphaned)?
        + delete_finished(tx, &found.target, &found.finished)?;
    give_up(tx.conn(), &found)?;
    Ok((deleted, found.next))
}

/// Turns what has waited for too long into dead letters, unless it was made due meanwhile.
fn give_up(conn: &mut Conn, found: &Swept) -> Result<(), Error> {
    let mut keys = BTreeSet::new();
    for ids in found.overdue.chunks(CHUNK) {
        let rows = || {
            let rows = deliveries::table.filter(deliveries::target.eq(&found.target));
            rows.filter(deliveries::event_id.eq_any(ids))
        };
        let of_resources: Vec<Option<i64>> = rows().select(deliveries::order_key).load(conn)?;
        keys.extend(of_resources.into_iter().flatten());
        let waits = rows()
            .filter(deliveries::state.eq(State::Waiting.number()))
            .filter(
                deliveries::due
                    .lt(found.waits_since)
                    .or(deliveries::due.eq(BEHIND)),
            );
        diesel::update(waits)
            .set(DeadLetter::because("it waited for too long"))
            .execute(conn)?;
    }
    for key in keys {
        wake_next(conn, &found.target, key, found.waits_since)?;
    }
    Ok(())
}

fn owner(conn: &mut Conn, target: &str) -> Result<Owner, Error> {
    let id = target.strip_prefix(LISTENER).map(Uuid::try_parse);
    let Some(Ok(id)) = id else { return Ok(Owner::Gone) };
    let listener = listeners::table.find(id.as_bytes().to_vec());
    let found: Option<(bool, String)> = listener
        .select((listeners::is_enabled, listeners::notifier_type))
        .first(conn)
        .optional()?;
    Ok(match found {
        None => Owner::Gone,
        Some((is_enabled, notifier)) if !is_enabled || notifier == Kind::Pull.name() => Owner::Idle,
        Some(_) => Owner::Served,
    })
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
