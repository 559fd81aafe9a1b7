//! The states of messages, and which ones a user has not read.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::seen::Seen;
use super::user::ProjectUser;
use super::{late, watermark};
use crate::message::{Position, State};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{messages, read_marks};
use crate::store::tables::ids::{self, CHUNK, uuid};

/// The state of each of these messages of the project.
pub fn states_among(
    conn: &mut Conn,
    user: &ProjectUser,
    messages: &[Position],
) -> Result<HashMap<Uuid, State>, Error> {
    let covered = watermark::covered(conn, user)?;
    let is_below = |message: &&Position| message.created_at <= covered.until;
    let below: Vec<Position> = messages.iter().filter(is_below).copied().collect();
    let late = late::among(conn, user, covered.turn, &below)?;
    let read: HashSet<Uuid> = below.iter().map(|message| message.id).collect();
    let state = |id: Uuid| {
        if read.contains(&id) && !late.contains(&id) {
            State::Read
        } else {
            State::Unread
        }
    };
    let mut states: HashMap<Uuid, State> = messages
        .iter()
        .map(|message| (message.id, state(message.id)))
        .collect();
    states.extend(marks(conn, user, messages)?);
    Ok(states)
}

/// Which of these messages of the project the user has not read.
pub fn unread_among(
    conn: &mut Conn,
    user: &ProjectUser,
    messages: &[Position],
) -> Result<HashSet<Uuid>, Error> {
    let states = states_among(conn, user, messages)?;
    let unread = states.into_iter().filter(|(_, state)| *state == State::Unread);
    Ok(unread.map(|(id, _)| id).collect())
}

/// What the user's marks of these messages say.
fn marks(conn: &mut Conn, user: &ProjectUser, messages: &[Position]) -> Result<HashMap<Uuid, State>, Error> {
    let mut states = HashMap::new();
    for chunk in messages.chunks(CHUNK) {
        // The times bound the range; the ids alone would be looked up among those of all users.
        let times = || chunk.iter().map(|message| message.created_at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            continue;
        };
        let ids = chunk.iter().map(|message| message.id.as_bytes().as_slice());
        let marks = read_marks::table
            .select((read_marks::message_id, read_marks::state))
            .filter(read_marks::project_id.eq(&user.project))
            .filter(read_marks::user_id.eq(&user.user))
            .filter(read_marks::created_at.between(first, last))
            .filter(read_marks::message_id.eq_any(ids));
        for (id, state) in marks.load::<(Vec<u8>, i16)>(conn)? {
            states.insert(uuid(&id)?, State::of(state));
        }
    }
    Ok(states)
}

/// The messages created by `until` that the user has marked as unread: the newest `limit`.
pub(super) fn marked_unread(
    conn: &mut Conn,
    user: &ProjectUser,
    until: i64,
    limit: i64,
) -> Result<Vec<Position>, Error> {
    let select = read_marks::table
        .select((read_marks::created_at, read_marks::message_id))
        .filter(read_marks::project_id.eq(&user.project))
        .filter(read_marks::user_id.eq(&user.user))
        .filter(read_marks::state.eq(State::Unread.number()))
        .filter(read_marks::created_at.le(until))
        .order(read_marks::created_at.desc())
        .limit(limit);
    let rows = select.load::<(i64, Vec<u8>)>(conn)?;
    rows.into_iter().map(ids::position).collect()
}

/// Whether the user has taken messages of the project out of the inbox.
pub fn has_done(conn: &mut Conn, user: &ProjectUser) -> Result<bool, Error> {
    let select = read_marks::table
        .select(read_marks::state)
        .filter(read_marks::project_id.eq(&user.project))
        .filter(read_marks::user_id.eq(&user.user))
        .filter(read_marks::state.eq(State::Done.number()))
        .limit(1);
    let found: Option<i16> = select.first(conn).optional()?;
    Ok(found.is_some())
}

/// Unread messages within `seen` from before the user's watermark: those that arrived after it, and those that were marked as
/// unread. Up to `limit` of each kind, and whether there may be more.
pub fn unread_below(
    conn: &mut Conn,
    user: &ProjectUser,
    seen: Seen,
    limit: i64,
) -> Result<(Vec<Position>, bool), Error> {
    let covered = watermark::covered(conn, user)?;
    if covered.until == Seen::NOTHING.until {
        return Ok((Vec::new(), false));
    }
    let until = Seen {
        until: seen.until.min(covered.until),
        ..seen
    };
    let late = late::arrived(conn, user, covered.turn, until, limit)?;
    let marked = marked_unread(conn, user, until.until, limit)?;
    let is_more = [late.len(), marked.len()]
        .iter()
        .any(|len| i64::try_from(*len) == Ok(limit));
    let mut ids: Vec<Uuid> = late.iter().chain(&marked).map(|message| message.id).collect();
    ids.sort_unstable();
    ids.dedup();
    // A note may outlive its message until the next purge.
    let there = positions(conn, user, &ids)?;
    let unread = unread_among(conn, user, &there)?;
    let unread = there.into_iter().filter(|message| unread.contains(&message.id));
    Ok((unread.collect(), is_more))
}

/// Drops the messages that arrived after `seen`.
pub fn drop_later(
    conn: &mut Conn,
    user: &ProjectUser,
    seen: Seen,
    messages: &mut Vec<Position>,
) -> Result<(), Error> {
    let later = late::among(conn, user, seen.turn, messages)?;
    messages.retain(|message| !later.contains(&message.id));
    Ok(())
}

/// The positions of these messages, as far as they exist in the project.
pub fn positions(conn: &mut Conn, user: &ProjectUser, ids: &[Uuid]) -> Result<Vec<Position>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let select = messages::table
            .select((messages::created_at, messages::id))
            .filter(messages::id.eq_any(ids))
            .filter(messages::project_id.eq(&user.project));
        for row in select.load::<(i64, Vec<u8>)>(conn)? {
            found.push(ids::position(row)?);
        }
    }
    Ok(found)
}

/// The time up to which everything is read, except late arrivals.
pub fn read_until(conn: &mut Conn, user: &ProjectUser) -> Result<i64, Error> {
    Ok(watermark::covered(conn, user)?.until)
}
