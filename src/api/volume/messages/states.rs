//! The states of a list's messages.
//!
//! Marking as read looks only at the messages above the reader's watermark and at the unread ones below; every other change looks
//! at the whole list.

use uuid::Uuid;

use crate::message::{Change, Column, Condition, Position, Query, Scope, StateFilter};
use crate::store::read_state::{self, ProjectUser, Seen, Unread, looks};
use crate::store::{self, Read};

/// Most messages that one request changes.
pub const MOST_CHANGED: usize = 10_000;

/// Most messages that one request reads to find those to change.
pub const MOST_LOOKED_AT: usize = 100_000;

/// Messages of one stretch.
const STRETCH: i64 = 500;

/// Ids of one query.
const IDS: usize = 100;

/// A part of a list, newest first.
pub struct Stretch {
    /// The messages that the change concerns.
    pub ids: Vec<Uuid>,
    /// The number of its messages.
    pub len: usize,
    /// The message after which the next stretch begins.
    pub next: Option<Position>,
}

/// Whether a list with these conditions has all unread messages. None of them is done.
pub fn are_all_unread(shown: &[Condition]) -> bool {
    let mut conditions = shown.iter();
    conditions.all(|condition| {
        matches!(
            condition,
            Condition::State(_, StateFilter::Inbox | StateFilter::Unread)
        )
    })
}

/// Counts the unread messages of a list with the conditions `shown`, up to `most`.
pub fn count(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    most: u32,
) -> Result<Unread, store::Error> {
    if are_all_unread(shown) {
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
    let (below, is_more) = read_state::unread_below(read, reader, Seen::ALL, looks(most))?;
    let below = matching(read, reader, shown, &below)?;
    Ok(counted.plus(below.len(), most, is_more))
}

/// The parts of a list that a change has to look at: all messages for a reading, otherwise those in some states. Messages that are
/// in the wanted state already would be looked at again by each repetition.
pub fn parts(shown: &[Condition], change: Change) -> Vec<Option<StateFilter>> {
    if change == Change::Read {
        return vec![None];
    }
    let is_shown = |wanted: &&StateFilter| {
        shown.iter().all(|condition| match condition {
            Condition::State(_, filter) => filter.overlaps(**wanted),
            _ => true,
        })
    };
    change
        .concerned()
        .iter()
        .filter(is_shown)
        .copied()
        .map(Some)
        .collect()
}

/// A stretch of a part of a list as it was `seen`, after the position `marker`.
pub fn stretch(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    (change, part): (Change, Option<StateFilter>),
    seen: Seen,
    marker: Option<Position>,
) -> Result<Stretch, store::Error> {
    let mut conditions = match part {
        None => newer(shown, read_state::read_until(read, reader)?),
        Some(filter) => {
            let mut conditions = shown.to_vec();
            conditions.push(Condition::State(reader.user.clone(), filter));
            conditions
        }
    };
    conditions.push(Condition::Before(Column::CreatedAt, seen.until.saturating_add(1)));
    let mut rows = list(read, reader, conditions, marker, STRETCH)?;
    let len = rows.len();
    let is_full = i64::try_from(len) == Ok(STRETCH);
    let next = rows.last().copied().filter(|_| is_full);
    read_state::drop_later(read, reader, seen, &mut rows)?;
    let states = read_state::states_among(read, reader, &rows)?;
    let is_changed = |id: &Uuid| states.get(id).is_some_and(|state| change.after(*state).is_some());
    Ok(Stretch {
        ids: rows.iter().map(|row| row.id).filter(is_changed).collect(),
        len,
        next,
    })
}

/// The ids of the messages of a list with the conditions `shown` that were created after a time: the newest `limit`.
pub fn recent(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    after: i64,
    limit: i64,
) -> Result<Vec<Uuid>, store::Error> {
    let rows = list(read, reader, newer(shown, after), None, limit)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The unread messages below the watermark of a list as it was `seen`.
pub fn below(
    read: &mut Read<'_>,
    reader: &ProjectUser,
    shown: &[Condition],
    seen: Seen,
) -> Result<Vec<Uuid>, store::Error> {
    let most = i64::try_from(MOST_CHANGED).unwrap_or(i64::MAX);
    let (below, _) = read_state::unread_below(read, reader, seen, most)?;
    matching(read, reader, shown, &below)
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
    marker: Option<Position>,
    limit: i64,
) -> Result<Vec<Position>, store::Error> {
    let query = Query {
        conditions,
        marker: marker.map(|marker| marker.id),
        // The list goes on even if the marker was deleted meanwhile.
        marker_at: marker.map(|marker| marker.created_at),
        ..Query::newest(Scope::Project(reader.project.clone()), limit)
    };
    let mut rows = Vec::new();
    store::message::list(read, &query, &mut |row| rows.push(row.position()))?;
    Ok(rows)
}
