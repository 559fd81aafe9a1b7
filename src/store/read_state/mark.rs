//! Marking messages as read.

use diesel::prelude::*;
use uuid::Uuid;

use super::{IDS, Mark, Reader, Watermark};
use crate::message::time;
use crate::store::error::Error;
use crate::store::schema::{messages, read_watermarks};
use crate::store::write::Tx;

/// A message may be committed so much later than its time says, in microseconds: it must not be read before anybody could
/// see it, so the watermark stays so far behind the present.
const LATEST_COMMIT: i64 = 10 * time::SECOND;

/// Marks that are made for the messages between the watermark and the present, at most.
const MOST_MARKS: usize = 1000;

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

/// Marks everything in the reader's project as read that was made at `until` (microseconds since 1970) or before.
pub fn mark_until(tx: &mut Tx<'_>, reader: &Reader, until: i64, now: i64) -> Result<(), Error> {
    let mut watermark = until.min(now - LATEST_COMMIT);
    if watermark < until {
        let select = messages::table
            .select((messages::created_at, messages::id, messages::expires_at))
            .filter(messages::project_id.eq(&reader.project))
            .filter(messages::created_at.gt(watermark))
            .filter(messages::created_at.le(until))
            .order((messages::created_at.desc(), messages::id.desc()))
            .limit(i64::try_from(MOST_MARKS).unwrap_or(i64::MAX));
        let found: Vec<Line> = select.load(tx.conn())?;
        // Those before a full page are read as well, though one that is committed late may then go unseen.
        if let Some((oldest, ..)) = found.last().filter(|_| found.len() == MOST_MARKS) {
            watermark = *oldest;
        }
        insert(tx, reader, found)?;
    }
    let line = Watermark {
        project_id: &reader.project,
        user_id: &reader.user,
        read_until: watermark,
    };
    tx.conn().insert_watermark(&line)?;
    let older = read_watermarks::table
        .filter(read_watermarks::project_id.eq(&reader.project))
        .filter(read_watermarks::user_id.eq(&reader.user))
        .filter(read_watermarks::read_until.lt(watermark));
    diesel::update(older)
        .set(read_watermarks::read_until.eq(watermark))
        .execute(tx.conn())?;
    Ok(())
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
