//! Marking messages as read.

use diesel::prelude::*;
use uuid::Uuid;

use super::seen::Seen;
use super::unread::{drop_later, unread_among};
use super::user::ProjectUser;
use super::{late, watermark};
use crate::message::{Position, time};
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{messages, read_marks};
use crate::store::tables::ids::{CHUNK, uuid};
use crate::store::transaction::Tx;

/// The mark of a message.
#[derive(Clone, PartialEq, Hash, Queryable, Insertable)]
#[diesel(table_name = read_marks, treat_none_as_default_value = false)]
pub(in crate::store) struct Mark {
    pub(in crate::store) project_id: String,
    pub(in crate::store) user_id: String,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) message_id: Vec<u8>,
    pub(in crate::store) expires_at: Option<i64>,
}

/// How much later than its time a message may be committed, in microseconds. The watermark stays so far behind the present,
/// as a message must not count as read before anybody could see it.
const LATEST_COMMIT: i64 = 10 * time::SECOND;

/// The most marks made for messages between the watermark and the newest one.
const MOST_MARKS: i64 = 1000;

/// What a mark takes from its message.
type Marked = (i64, Vec<u8>, Option<i64>);

/// Marks these messages as read, as far as they exist in the user's project.
pub fn mark(tx: &mut Tx<'_>, user: &ProjectUser, ids: &[Uuid]) -> Result<(), Error> {
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let select = messages::table
            .select((messages::created_at, messages::id, messages::expires_at))
            .filter(messages::id.eq_any(ids))
            .filter(messages::project_id.eq(&user.project));
        let found: Vec<Marked> = select.load(tx.conn())?;
        insert(tx, user, found)?;
    }
    Ok(())
}

/// Marks everything in the user's project that was `seen` as read. `now` is in microseconds since 1970.
pub fn mark_until(tx: &mut Tx<'_>, user: &ProjectUser, seen: Seen, now: i64) -> Result<(), Error> {
    let covered = watermark::lock(tx, user)?;
    let newest = watermark::newest(tx.conn(), &user.project)?;
    let seen = seen.within(newest);
    let settled = newest.until.min(now - LATEST_COMMIT);
    let until = mark_newest(tx, user, seen, settled)?;
    let until = until.min(now);
    let (joined, left_out) = covered.join(Seen { until, ..seen });
    if let Some(left_out) = left_out {
        let late = late::arrived(tx.conn(), user, joined.turn, left_out, MOST_MARKS)?;
        let ids: Vec<Uuid> = late.into_iter().map(|message| message.id).collect();
        mark(tx, user, &ids)?;
    }
    watermark::set(tx, user, joined)
}

/// Marks each message that was seen but is newer than `settled`, and returns the time up to which everything is read then.
fn mark_newest(tx: &mut Tx<'_>, user: &ProjectUser, seen: Seen, settled: i64) -> Result<i64, Error> {
    let until = seen.until.min(settled);
    let select = messages::table
        .select((messages::created_at, messages::id, messages::expires_at))
        .filter(messages::project_id.eq(&user.project))
        .filter(messages::created_at.gt(until))
        .filter(messages::created_at.le(seen.until))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(MOST_MARKS);
    let mut found: Vec<Marked> = select.load(tx.conn())?;
    let oldest = found.last().map_or(until, |(created_at, ..)| *created_at);
    let is_full = i64::try_from(found.len()) == Ok(MOST_MARKS);
    let mut unread = Vec::with_capacity(found.len());
    for (created_at, id, _) in &found {
        let (created_at, id) = (*created_at, uuid(id)?);
        unread.push(Position { created_at, id });
    }
    drop_later(tx.conn(), user, seen, &mut unread)?;
    let unread = unread_among(tx.conn(), user, &unread)?;
    found.retain(|(_, id, _)| uuid(id).is_ok_and(|id| unread.contains(&id)));
    insert(tx, user, found)?;
    // Older ones count as read as well, so that one that is committed late may go unseen.
    Ok(if is_full { oldest } else { until })
}

fn insert(tx: &mut Tx<'_>, user: &ProjectUser, messages: Vec<Marked>) -> Result<(), Error> {
    let mut marks: Vec<Mark> = messages
        .into_iter()
        .map(|(created_at, message_id, expires_at)| Mark {
            project_id: user.project.clone(),
            user_id: user.user.clone(),
            created_at,
            message_id,
            expires_at,
        })
        .collect();
    // The same order everywhere prevents deadlocks between servers.
    marks.sort_by(|a, b| (a.created_at, &a.message_id).cmp(&(b.created_at, &b.message_id)));
    insert_marks(tx.conn(), &marks)
}

/// Inserts marks of messages that are not marked yet.
pub(in crate::store) fn insert_marks(conn: &mut Conn, marks: &[Mark]) -> Result<(), Error> {
    for chunk in marks.chunks(CHUNK) {
        insert_new!(&mut *conn, read_marks::table, chunk);
    }
    Ok(())
}
