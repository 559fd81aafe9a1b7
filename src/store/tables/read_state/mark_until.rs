//! Marking everything as read.

use diesel::prelude::*;
use uuid::Uuid;

use super::change::{Marked, change, change_found};
use super::seen::Seen;
use super::undo::Undo;
use super::unread::{drop_later, marked_unread};
use super::user::ProjectUser;
use super::{late, watermark};
use crate::message::{Change, Position, time};
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids;
use crate::store::transaction::Tx;

/// How much later than its time a message may be committed, in microseconds. The watermark stays so far behind the present,
/// as a message must not count as read before anybody could see it.
pub const LATEST_COMMIT: i64 = 10 * time::SECOND;

/// The most marks of each kind in one transaction: for messages that were marked as unread, and for those between the watermark
/// and the newest one.
const MOST_MARKS: i64 = 1000;

/// What became of an attempt to mark everything as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkedUntil {
    /// Everything is read. The change is undone by this.
    All(Undo),
    /// So many messages were marked as unread that some are left: to be continued in a transaction of its own.
    Some,
}

/// Marks everything in the user's project that was `seen` as read. `now` is in microseconds since 1970.
pub fn mark_until(
    tx: &mut Tx<'_>,
    user: &ProjectUser,
    seen: Seen,
    now: i64,
    undo: Undo,
) -> Result<MarkedUntil, Error> {
    let covered = watermark::lock(tx, user)?;
    let newest = watermark::newest(tx.conn(), &user.project)?;
    let seen = seen.within(newest);
    let unread = marked_unread(tx.conn(), user, seen.until, MOST_MARKS)?;
    let is_full = i64::try_from(unread.len()) == Ok(MOST_MARKS);
    // A mark may outlive its message until the next purge, so that nothing changes.
    if read(tx, user, unread, undo)? > 0 && is_full {
        return Ok(MarkedUntil::Some);
    }
    let settled = newest.until.min(now - LATEST_COMMIT);
    let until = mark_newest(tx, user, seen, settled, undo)?;
    let until = until.min(now);
    let (joined, left_out) = covered.join(Seen { until, ..seen });
    if let Some(left_out) = left_out {
        let late = late::arrived(tx.conn(), user, joined.turn, left_out, MOST_MARKS)?;
        read(tx, user, late, undo)?;
    }
    watermark::set(tx, user, joined)?;
    Ok(MarkedUntil::All(Undo {
        watermark: Some((covered, joined)),
        ..undo
    }))
}

/// Marks these messages as read.
fn read(tx: &mut Tx<'_>, user: &ProjectUser, messages: Vec<Position>, undo: Undo) -> Result<usize, Error> {
    let ids: Vec<Uuid> = messages.into_iter().map(|message| message.id).collect();
    change(tx, user, &ids, Change::Read, undo)
}

/// Marks each message that was seen but is newer than `settled`, and returns the time up to which everything is read then.
fn mark_newest(
    tx: &mut Tx<'_>,
    user: &ProjectUser,
    seen: Seen,
    settled: i64,
    undo: Undo,
) -> Result<i64, Error> {
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
    let mut there = Vec::with_capacity(found.len());
    for (created_at, id, _) in &found {
        there.push(ids::position((*created_at, id.clone()))?);
    }
    drop_later(tx.conn(), user, seen, &mut there)?;
    found.retain(|(created_at, id, _)| {
        ids::position((*created_at, id.clone())).is_ok_and(|position: Position| there.contains(&position))
    });
    change_found(tx, user, &found, Change::Read, undo)?;
    // Older ones count as read as well, so that one that is committed late may go unseen.
    Ok(if is_full { oldest } else { until })
}
