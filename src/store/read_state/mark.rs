//! Marking messages as read.

use diesel::prelude::*;
use uuid::Uuid;

use super::{IDS, Mark, Reader, Seen, drop_later, late, unread_among, uuid, watermark};
use crate::message::{Position, time};
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::write::Tx;

/// A message may be committed so much later than its time says, in microseconds: it must not be read before anybody could
/// see it, so the watermark stays so far behind the present.
const LATEST_COMMIT: i64 = 10 * time::SECOND;

/// Marks that are made for the messages between the watermark and the newest one, at most.
const MOST_MARKS: i64 = 1000;

/// What a mark takes from its message.
type Line = (i64, Vec<u8>, Option<i64>);

/// Marks those of these messages as read that there are in the reader's project.
pub fn mark(tx: &mut Tx<'_>, reader: &Reader, ids: &[Uuid]) -> Result<(), Error> {
    for chunk in ids.chunks(IDS) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let select = messages::table
            .select((messages::created_at, messages::id, messages::expires_at))
            .filter(messages::id.eq_any(ids))
            .filter(messages::project_id.eq(&reader.project));
        let found: Vec<Line> = select.load(tx.conn())?;
        insert(tx, reader, found)?;
    }
    Ok(())
}

/// Marks everything as read that is in the reader's project and was `seen`. `now` is in microseconds since 1970.
pub fn mark_until(tx: &mut Tx<'_>, reader: &Reader, seen: Seen, now: i64) -> Result<(), Error> {
    let covered = watermark::lock(tx, reader)?;
    let newest = watermark::newest(tx.conn(), &reader.project)?;
    let seen = seen.within(newest);
    let settled = newest.until.min(now - LATEST_COMMIT);
    let until = mark_newest(tx, reader, seen, settled)?;
    let until = until.min(now);
    let (joined, left_out) = covered.join(Seen { until, ..seen });
    if let Some(left_out) = left_out {
        let late = late::arrived(tx.conn(), reader, joined.turn, left_out, MOST_MARKS)?;
        let ids: Vec<Uuid> = late.into_iter().map(|message| message.id).collect();
        mark(tx, reader, &ids)?;
    }
    watermark::set(tx, reader, joined)
}

/// Marks one by one what was seen but is newer than `settled`, and returns the time up to which everything is read then.
fn mark_newest(tx: &mut Tx<'_>, reader: &Reader, seen: Seen, settled: i64) -> Result<i64, Error> {
    let until = seen.until.min(settled);
    let select = messages::table
        .select((messages::created_at, messages::id, messages::expires_at))
        .filter(messages::project_id.eq(&reader.project))
        .filter(messages::created_at.gt(until))
        .filter(messages::created_at.le(seen.until))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(MOST_MARKS);
    let mut found: Vec<Line> = select.load(tx.conn())?;
    let oldest = found.last().map_or(until, |(created_at, ..)| *created_at);
    let is_full = i64::try_from(found.len()) == Ok(MOST_MARKS);
    let mut unread = Vec::with_capacity(found.len());
    for (created_at, id, _) in &found {
        let (created_at, id) = (*created_at, uuid(id)?);
        unread.push(Position { created_at, id });
    }
    drop_later(tx.conn(), reader, seen, &mut unread)?;
    let unread = unread_among(tx.conn(), reader, &unread)?;
    found.retain(|(_, id, _)| uuid(id).is_ok_and(|id| unread.contains(&id)));
    insert(tx, reader, found)?;
    // Those before a full page are read as well, though one that is committed late may then go unseen.
    Ok(if is_full { oldest } else { until })
}

fn insert(tx: &mut Tx<'_>, reader: &Reader, messages: Vec<Line>) -> Result<(), Error> {
    let mut marks: Vec<Mark> = messages
        .into_iter()
        .map(|(created_at, message_id, expires_at)| Mark {
            project_id: reader.project.clone(),
            user_id: reader.user.clone(),
            created_at,
            message_id,
            expires_at,
        })
        .collect();
    // In one order everywhere, so that two servers wait for each other in no circle.
    marks.sort_by(|a, b| (a.created_at, &a.message_id).cmp(&(b.created_at, &b.message_id)));
    for chunk in marks.chunks(IDS) {
        tx.conn().insert_marks(chunk)?;
    }
    Ok(())
}
