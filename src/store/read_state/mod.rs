//! What each user has read in each project: a watermark, up to which everything is read that had arrived when it was set,
//! and a mark for each other message that was read by itself.
//!
//! A mark has its message's place in time, so that the marks after the watermark are one walk, and its message's expiry,
//! so that both are purged together. Messages that arrive later than their time says are noted with a turn (see `late`).

mod count;
mod late;
mod mark;
mod purge;
mod seen;
mod watermark;

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

pub use count::{Unread, looks, unread};
pub(super) use late::{FirstTurn, Late, note_late};
pub use mark::{mark, mark_until};
pub use purge::{delete_expired, delete_expired_late, delete_passed, passed_before};
pub use seen::Seen;
pub(super) use watermark::Watermark;
pub use watermark::existing;

use super::backend::Conn;
use super::error::Error;
use super::schema::{messages, read_marks};
use super::write::Tx;
use crate::message::Position;

/// Whose reading it is: a user's in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The project's id.
    pub project: String,
    /// The user's id.
    pub user: String,
}

/// A message that was read by itself.
#[derive(Insertable)]
#[diesel(table_name = read_marks, treat_none_as_default_value = false)]
pub(super) struct Mark {
    pub(super) project_id: String,
    pub(super) user_id: String,
    pub(super) created_at: i64,
    pub(super) message_id: Vec<u8>,
    pub(super) expires_at: Option<i64>,
}

/// Ids of one statement.
const IDS: usize = 500;

/// Which of these messages the reader has not read. They are the project's, as whoever asks has found them there.
pub fn unread_among(conn: &mut Conn, reader: &Reader, messages: &[Position]) -> Result<HashSet<Uuid>, Error> {
    let covered = watermark::covered(conn, reader)?;
    let (after, before): (Vec<Position>, Vec<Position>) = messages
        .iter()
        .copied()
        .partition(|message| message.created_at > covered.until);
    let late = late::among(conn, reader, covered.turn, &before)?;
    let late = before.into_iter().filter(|message| late.contains(&message.id));
    unmarked(conn, reader, &after.into_iter().chain(late).collect::<Vec<_>>())
}

/// Which of these messages have no mark of the reader's.
fn unmarked(conn: &mut Conn, reader: &Reader, messages: &[Position]) -> Result<HashSet<Uuid>, Error> {
    let mut unmarked: HashSet<Uuid> = messages.iter().map(|message| message.id).collect();
    for chunk in messages.chunks(IDS) {
        // The times bound the walk; the ids alone would be looked up among those of all users.
        let times = || chunk.iter().map(|message| message.created_at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            continue;
        };
        let ids = chunk.iter().map(|message| message.id.as_bytes().as_slice());
        let marks = read_marks::table
            .select(read_marks::message_id)
            .filter(read_marks::project_id.eq(&reader.project))
            .filter(read_marks::user_id.eq(&reader.user))
            .filter(read_marks::created_at.between(first, last))
            .filter(read_marks::message_id.eq_any(ids));
        for id in marks.load::<Vec<u8>>(conn)? {
            unmarked.remove(&uuid(&id)?);
        }
    }
    Ok(unmarked)
}

/// Messages that the reader's watermark would cover had they not arrived after it, and that the reader has not read: as far
/// as `seen` goes, the latest arrivals among `limit`; and whether there may be more.
pub fn late_unread(
    conn: &mut Conn,
    reader: &Reader,
    seen: Seen,
    limit: i64,
) -> Result<(Vec<Position>, bool), Error> {
    let covered = watermark::covered(conn, reader)?;
    if covered.until == Seen::NOTHING.until {
        return Ok((Vec::new(), false));
    }
    let until = Seen {
        until: seen.until.min(covered.until),
        ..seen
    };
    let late = late::arrived(conn, reader, covered.turn, until, limit)?;
    let is_more = i64::try_from(late.len()) == Ok(limit);
    let ids: Vec<Uuid> = late.iter().map(|message| message.id).collect();
    // A note may outlive its message until the next purge.
    let there = positions(conn, reader, &ids)?;
    let unmarked = unmarked(conn, reader, &there)?;
    let unread = there.into_iter().filter(|message| unmarked.contains(&message.id));
    Ok((unread.collect(), is_more))
}

/// Drops the messages that arrived after `seen`: they are no part of what was seen.
pub fn drop_later(
    conn: &mut Conn,
    reader: &Reader,
    seen: Seen,
    messages: &mut Vec<Position>,
) -> Result<(), Error> {
    let later = late::among(conn, reader, seen.turn, messages)?;
    messages.retain(|message| !later.contains(&message.id));
    Ok(())
}

/// Where those of these messages are that there are in the reader's project.
pub fn positions(conn: &mut Conn, reader: &Reader, ids: &[Uuid]) -> Result<Vec<Position>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let select = messages::table
            .select((messages::created_at, messages::id))
            .filter(messages::id.eq_any(ids))
            .filter(messages::project_id.eq(&reader.project));
        for (created_at, id) in select.load::<(i64, Vec<u8>)>(conn)? {
            found.push(Position {
                created_at,
                id: uuid(&id)?,
            });
        }
    }
    Ok(found)
}

/// The time up to which a filtered walk need not look: what is older is read, but for late arrivals.
pub fn read_until(conn: &mut Conn, reader: &Reader) -> Result<i64, Error> {
    Ok(watermark::covered(conn, reader)?.until)
}

/// Forgets who has read a message that is deleted.
pub(super) fn forget(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let marks = read_marks::table.filter(read_marks::message_id.eq(id.as_bytes().as_slice()));
    diesel::delete(marks).execute(tx.conn())?;
    late::forget(tx, id)
}

fn uuid(bytes: &[u8]) -> Result<Uuid, Error> {
    Uuid::from_slice(bytes).map_err(|_| Error::Broken("an id is not of 16 bytes".to_owned()))
}
