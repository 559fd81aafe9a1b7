//! What is new in a project, for clients that poll.
//!
//! As commits do not come in the order of their times, each poll goes back some time, and most of what it finds is known. So it
//! reads positions first, and only the rows that are not known.

use std::collections::BTreeSet;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use uuid::Uuid;

use super::row::{MessageRow, columns};
use crate::message::{Message, Position};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::messages;
use crate::store::tables::ids;

/// The most messages returned at a time: the ids of one statement.
pub const NEWS_PAGE: usize = 500;

/// Positions that are read at a time.
const STEP: i64 = 5000;

/// Messages that were not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The oldest first.
    pub messages: Vec<Message>,
    /// The last position, if there may be more messages after it.
    pub until: Option<Position>,
}

/// The oldest messages of a project, created at `since` (microseconds) or later, that are not among the known ones.
pub fn news(
    read: &mut Read<'_>,
    project: &str,
    since: i64,
    known: &BTreeSet<Position>,
) -> Result<News, Error> {
    // Enough for a full page even if all known messages come first.
    let most = i64::try_from(known.len() + NEWS_PAGE).unwrap_or(i64::MAX);
    let mut new = Vec::new();
    let looked = walk(read, project, before(since), most, &mut |position| {
        if !known.contains(&position) {
            new.push(position);
        }
        new.len() < NEWS_PAGE
    })?;
    read.spend(looked, 1)?;
    Ok(News {
        messages: rows(read, &new)?,
        until: new.last().copied().filter(|_| new.len() == NEWS_PAGE),
    })
}

/// The positions of a project's messages created at `since` (microseconds) or later, or [`Error::Exhausted`] if there are too
/// many.
pub fn positions(read: &mut Read<'_>, project: &str, since: i64) -> Result<BTreeSet<Position>, Error> {
    let mut found = BTreeSet::new();
    loop {
        let after = found.last().copied().unwrap_or_else(|| before(since));
        let looked = walk(read, project, after, STEP, &mut |position| {
            found.insert(position);
            true
        })?;
        read.spend(looked, 1)?;
        if looked < STEP.unsigned_abs() {
            return Ok(found);
        }
    }
}

/// The position before all messages created at `since` or later.
fn before(since: i64) -> Position {
    Position {
        created_at: since.saturating_sub(1),
        id: Uuid::max(),
    }
}

/// Visits messages after a position in order of time, for as long as the visitor returns true. Returns their number.
fn walk(
    conn: &mut Conn,
    project: &str,
    after: Position,
    limit: i64,
    visit: &mut dyn FnMut(Position) -> bool,
) -> Result<u64, Error> {
    let mut looked = 0;
    let last = after.id.as_bytes().to_vec();
    let select = messages::table
        .select((messages::created_at, messages::id))
        .filter(messages::project_id.eq(project))
        .filter(messages::created_at.ge(after.created_at))
        .filter(
            messages::created_at
                .gt(after.created_at)
                .or(messages::id.gt(last)),
        )
        .order((messages::created_at.asc(), messages::id.asc()))
        .limit(limit);
    for found in select.load_iter::<(i64, Vec<u8>), DefaultLoadingMode>(conn)? {
        looked += 1;
        if !visit(ids::position(found?)?) {
            break;
        }
    }
    Ok(looked)
}

/// Returns the messages at these positions that are there, the oldest first.
pub(super) fn rows(conn: &mut Conn, positions: &[Position]) -> Result<Vec<Message>, Error> {
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let ids = positions.iter().map(|position| position.id.as_bytes().as_slice());
    let select = messages::table.select(columns()).filter(messages::id.eq_any(ids));
    let mut found = Vec::with_capacity(positions.len());
    for row in select.load_iter::<MessageRow, DefaultLoadingMode>(conn)? {
        found.push(row?.to_message());
    }
    found.sort_unstable_by_key(Position::of);
    Ok(found)
}
