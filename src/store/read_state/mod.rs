//! What each user has read in each project: a watermark, up to which everything is read, and a mark for each message
//! after it that was read by itself.
//!
//! A mark has its message's place in time, so that the marks after the watermark are one walk, and its message's expiry,
//! so that both are purged together.

mod count;
mod mark;
mod purge;

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

pub use count::{Unread, unread};
pub use mark::{mark, mark_until};
pub use purge::{count_expired, count_passed, delete_expired, delete_passed};

use super::backend::Conn;
use super::error::Error;
use super::schema::{messages, read_marks, read_watermarks};
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

/// Up to when everything was read.
#[derive(Insertable)]
#[diesel(table_name = read_watermarks)]
pub(super) struct Watermark<'a> {
    pub(super) project_id: &'a str,
    pub(super) user_id: &'a str,
    pub(super) read_until: i64,
}

/// Ids of one statement.
const IDS: usize = 500;

/// Up to when the reader has read everything, in microseconds since 1970; none where there is no such time yet.
pub fn watermark(conn: &mut Conn, reader: &Reader) -> Result<Option<i64>, Error> {
    let row = read_watermarks::table
        .select(read_watermarks::read_until)
        .filter(read_watermarks::project_id.eq(&reader.project))
        .filter(read_watermarks::user_id.eq(&reader.user));
    Ok(row.first(conn).optional()?)
}

/// Which of these messages the reader has not read. They are the project's, as whoever asks has found them there.
pub fn unread_among(conn: &mut Conn, reader: &Reader, messages: &[Position]) -> Result<HashSet<Uuid>, Error> {
    let until = watermark(conn, reader)?.unwrap_or(i64::MIN);
    let after = messages.iter().filter(|message| message.created_at > until);
    let mut unread: HashSet<Uuid> = after.clone().map(|message| message.id).collect();
    let after: Vec<&Position> = after.collect();
    for chunk in after.chunks(IDS) {
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
            unread.remove(&uuid(&id)?);
        }
    }
    Ok(unread)
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

/// Forgets who has read a message that is deleted.
pub(super) fn forget(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let marks = read_marks::table.filter(read_marks::message_id.eq(id.as_bytes().as_slice()));
    diesel::delete(marks).execute(tx.conn())?;
    Ok(())
}

fn uuid(bytes: &[u8]) -> Result<Uuid, Error> {
    Uuid::from_slice(bytes).map_err(|_| Error::Broken("an id is not of 16 bytes".to_owned()))
}
