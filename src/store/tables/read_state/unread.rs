//! Which messages a user has not read.

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::seen::Seen;
use super::user::ProjectUser;
use super::{late, watermark};
use crate::message::Position;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{messages, read_marks};
use crate::store::tables::ids::{self, CHUNK, uuid};

/// Which of these messages of the project the user has not read.
pub fn unread_among(
    conn: &mut Conn,
    user: &ProjectUser,
    messages: &[Position],
) -> Result<HashSet<Uuid>, Error> {
    let covered = watermark::covered(conn, user)?;
    let (after, before): (Vec<Position>, Vec<Position>) = messages
        .iter()
        .copied()
        .partition(|message| message.created_at > covered.until);
    let late = late::among(conn, user, covered.turn, &before)?;
    let late = before.into_iter().filter(|message| late.contains(&message.id));
    unmarked(conn, user, &after.into_iter().chain(late).collect::<Vec<_>>())
}

/// Which of these messages the user has not marked.
fn unmarked(conn: &mut Conn, user: &ProjectUser, messages: &[Position]) -> Result<HashSet<Uuid>, Error> {
    let mut unmarked: HashSet<Uuid> = messages.iter().map(|message| message.id).collect();
    for chunk in messages.chunks(CHUNK) {
        // The times bound the range; the ids alone would be looked up among those of all users.
        let times = || chunk.iter().map(|message| message.created_at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            continue;
        };
        let ids = chunk.iter().map(|message| message.id.as_bytes().as_slice());
        let marks = read_marks::table
            .select(read_marks::message_id)
            .filter(read_marks::project_id.eq(&user.project))
            .filter(read_marks::user_id.eq(&user.user))
            .filter(read_marks::created_at.between(first, last))
            .filter(read_marks::message_id.eq_any(ids));
        for id in marks.load::<Vec<u8>>(conn)? {
            unmarked.remove(&uuid(&id)?);
        }
    }
    Ok(unmarked)
}

/// Unread messages within `seen` that the user's watermark would cover had they not arrived after it: the latest `limit`
/// arrivals, and whether there may be more.
pub fn late_unread(
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
    let is_more = i64::try_from(late.len()) == Ok(limit);
    let ids: Vec<Uuid> = late.iter().map(|message| message.id).collect();
    // A note may outlive its message until the next purge.
    let there = positions(conn, user, &ids)?;
    let unmarked = unmarked(conn, user, &there)?;
    let unread = there.into_iter().filter(|message| unmarked.contains(&message.id));
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
