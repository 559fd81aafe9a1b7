//! The unread messages of a filtered list.
//!
//! Filters know nothing of the read state, so this reads the messages above the reader's watermark, and late arrivals.

use uuid::Uuid;

use crate::message::{Column, Condition, Position, Query, Scope};
use crate::store::read_state::{self, ProjectUser, Seen, Unread, looks};
use crate::store::{self, Read};

/// Most messages that one form marks as read.
pub const MOST_MARKED: usize = 10_000;

/// Most messages that one form reads to find unread ones.
pub const MOST_LOOKED_AT: usize = 100_000;

/// Messages of one stretch.
const STRETCH: i64 = 500;

/// Ids of one query.
const IDS: usize = 100;

/// A part of a list, newest first.
pub struct Stretch {
    /// Its unread messages.
    pub unread: Vec<Uuid>,
    /// The number of its messages.
    pub len: usize,
    /// The message after which the next stretch begins.
    pub next: Option<Uuid>,
}

/// Counts the unread messages of a list with the conditions `shown`, up to `most`.
pub fn count(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    most: u32,
) -> Result<Unread, store::Error> {
    if shown.is_empty() {
        return read_state::unread(read, reader, most);
    }
    let until = read_state::read_until(read, reader)?;
    let after = list(read, reader, newer(shown, until), None, looks(most))?;
    let unread = read_state::unread_among(read, reader, &after)?.len();
    let is_more = i64::try_from(after.len()) == Ok(looks(most));
    let counted = Unread::default().plus(unread, most, is_more);
    if counted.is_more {
        return Ok(counted);
    }
    let (late, is_more) = read_state::late_unread(read, reader, Seen::ALL, looks(most))?;
    let late = matching(read, reader, shown, &late)?;
    Ok(counted.plus(late.len(), most, is_more))
}

/// A part of a list as it was `seen`, above the watermark and after the message `marker`.
pub fn stretch(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    seen: Seen,
    marker: Option<Uuid>,
) -> Result<Stretch, store::Error> {
    let mut conditions = newer(shown, read_state::read_until(read, reader)?);
    conditions.push(Condition::Before(Column::CreatedAt, seen.until.saturating_add(1)));
    let mut rows = match list(read, reader, conditions.clone(), marker, STRETCH) {
        // The marker was deleted meanwhile; marked messages are skipped quickly.
        Err(store::Error::NotFound) => list(read, reader, conditions, None, STRETCH)?,
        rows => rows?,
    };
    let len = rows.len();
    let is_full = i64::try_from(len) == Ok(STRETCH);
    let next = rows.last().map(|row| row.id).filter(|_| is_full);
    read_state::drop_later(read, reader, seen, &mut rows)?;
    let unread = read_state::unread_among(read, reader, &rows)?;
    let unread = rows.iter().map(|row| row.id).filter(|id| unread.contains(id));
    Ok(Stretch {
        unread: unread.collect(),
        len,
        next,
    })
}

/// The unread late arrivals of a list as it was `seen`: below the watermark, but committed after it.
pub fn late(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    seen: Seen,
) -> Result<Vec<Uuid>, store::Error> {
    let most = i64::try_from(MOST_MARKED).unwrap_or(i64::MAX);
    let (late, _) = read_state::late_unread(read, reader, seen, most)?;
    matching(read, reader, shown, &late)
}

fn newer(shown: &[Condition], until: i64) -> Vec<Condition> {
    let mut conditions = shown.to_vec();
    conditions.push(Condition::Since(Column::CreatedAt, until.saturating_add(1)));
    conditions
}

/// The messages among these that the list shows.
fn matching(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    messages: &[Position],
) -> Result<Vec<Uuid>, store::Error> {
    let mut found = Vec::new();
    for chunk in messages.chunks(IDS) {
        let mut conditions = shown.to_vec();
        conditions.push(Condition::Ids(chunk.iter().map(|message| message.id).collect()));
        let rows = list(read, reader, conditions, None, STRETCH)?;
        found.extend(rows.iter().map(|row| row.id));
    }
    Ok(found)
}

fn list(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    conditions: Vec<Condition>,
    marker: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Position>, store::Error> {
    let query = Query {
        conditions,
        marker,
        ..Query::newest(Scope::Project(reader.project.clone()), limit)
    };
    let mut rows = Vec::new();
    store::message::list(read, &query, &mut |row| rows.push(row.position()))?;
    Ok(rows)
}
