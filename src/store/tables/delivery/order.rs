//! Keeping the events of one resource in order: only the first unfinished delivery of each resource is due. The others lie behind
//! it, at [`BEHIND`], until it is finished.
//!
//! A delivery is written as due, since looking for earlier ones would slow down every report. The first claim that finds it behind
//! another one puts it there, once.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};

use super::picked::{Picked, with_picked};
use super::row::{BEHIND, Candidate};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::deliveries;

/// Separates those that may be tried from those that must wait for an earlier one.
pub(super) fn unblocked(
    conn: &mut Conn,
    target: &str,
    candidates: Vec<Candidate>,
) -> Result<(Vec<Candidate>, Vec<Candidate>), Error> {
    let keys = candidates.iter().filter_map(|(_, _, key)| *key);
    let mut firsts = BTreeMap::new();
    for key in keys.collect::<BTreeSet<_>>() {
        firsts.insert(key, first_of(conn, target, key)?);
    }
    let is_first = |(id, _, key): &Candidate| {
        let first = key.and_then(|key| firsts.get(&key)?.as_ref());
        first.is_none_or(|first| first >= id)
    };
    Ok(candidates.into_iter().partition(is_first))
}

/// Puts deliveries behind the first of their resources, and returns how many. One whose first is just being finished stays due:
/// behind what is gone, it would stay for ever.
pub(super) fn put_behind(
    conn: &mut Conn,
    target: &str,
    blocked: &[Candidate],
    now: i64,
) -> Result<usize, Error> {
    let mut firsts = BTreeMap::new();
    for key in blocked
        .iter()
        .filter_map(|(_, _, key)| *key)
        .collect::<BTreeSet<_>>()
    {
        if let Some(first) = first_of(conn, target, key)?
            && hold_first(conn, target, key, &first)?
        {
            firsts.insert(key, first);
        }
    }
    let is_behind = |(id, _, key): &&Candidate| {
        let first = key.and_then(|key| firsts.get(&key));
        first.is_some_and(|first| first < id)
    };
    // The claim has locked them.
    let behind = Picked::of(
        target,
        blocked.iter().filter(is_behind).map(|(id, ..)| id.as_slice()),
    );
    let mut moved = 0;
    with_picked!(behind, conn, (conn, rows) => {
        let due = rows
            .filter(deliveries::order_key.is_not_null())
            .filter(deliveries::due.le(now));
        moved += diesel::update(due)
            .set((
                deliveries::due.eq(BEHIND),
                deliveries::claimed_by.eq(None::<Vec<u8>>),
            ))
            .execute(conn)?;
    });
    Ok(moved)
}

/// Makes the next delivery of a resource due if it lies behind the one that was finished.
pub(super) fn wake_next(conn: &mut Conn, target: &str, key: i64, now: i64) -> Result<(), Error> {
    let Some(first) = first_of(conn, target, key)? else {
        return Ok(());
    };
    let waits = deliveries::table
        .filter(deliveries::target.eq(target))
        .filter(deliveries::event_id.eq(first))
        .filter(deliveries::due.eq(BEHIND));
    diesel::update(waits).set(deliveries::due.eq(now)).execute(conn)?;
    Ok(())
}

/// The first unfinished delivery of a resource.
fn first_of(conn: &mut Conn, target: &str, key: i64) -> Result<Option<Vec<u8>>, Error> {
    let first = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(target))
        .filter(deliveries::order_key.eq(key))
        .order(deliveries::event_id)
        .first(conn);
    Ok(first.optional()?)
}

/// Locks the first delivery of a resource, so that it is not finished before the commit; false if it was finished, or is just
/// being.
fn hold_first(conn: &mut Conn, target: &str, key: i64, first: &[u8]) -> Result<bool, Error> {
    let passing_over = conn.passing_over_locked();
    let held: Option<Vec<u8>> = sql::<Binary>("SELECT event_id FROM deliveries WHERE target = ")
        .bind::<Text, _>(target)
        .sql(" AND event_id = ")
        .bind::<Binary, _>(first)
        .sql(" AND order_key = ")
        .bind::<BigInt, _>(key)
        .sql(passing_over)
        .get_result(conn)
        .optional()?;
    Ok(held.is_some())
}
