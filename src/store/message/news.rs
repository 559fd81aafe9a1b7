//! What is new in a project, for those who read it again and again.
//!
//! Readers go back some time each turn, as commits do not come in the order of their times; so most of what is found is
//! known. Times and ids are read first, and the rows of those alone that are not known.

use std::collections::BTreeSet;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use uuid::Uuid;

use super::row::{COLUMNS, Row};
use crate::message::{Message, Position};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::messages;

/// Most messages that are given at a time: the ids of one statement.
pub const NEWS_PAGE: usize = 500;

/// Positions that are read at a time.
const STEP: i64 = 5000;

/// Messages that were not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The oldest first.
    pub messages: Vec<Message>,
    /// Where the reading ended, if that was before the end of what there is.
    pub until: Option<Position>,
}

/// The oldest messages of a project, made at `since` (microseconds) or later, that are not among the known ones.
pub fn news(
    read: &mut Read<'_>,
    project: &str,
    since: i64,
    known: &BTreeSet<Position>,
) -> Result<News, Error> {
    // A full page of new ones, even if all the known ones come before them.
    let most = i64::try_from(known.len() + NEWS_PAGE).unwrap_or(i64::MAX);
    let mut new = Vec::new();
    let looked = walk(read, project, before(since), most, &mut |position| {
        if !known.contains(&position) {
            new.push(position);
        }
        new.len() < NEWS_PAGE
    })?;
    read.look(looked, 1)?;
    Ok(News {
        messages: rows(read, &new)?,
        until: new.last().copied().filter(|_| new.len() == NEWS_PAGE),
    })
}

/// Where the messages of a project are that were made at `since` (microseconds) or later.
///
/// # Errors
/// [`Error::Exhausted`] when they are too many.
pub fn positions(read: &mut Read<'_>, project: &str, since: i64) -> Result<BTreeSet<Position>, Error> {
    let mut found = BTreeSet::new();
    loop {
        let after = found.last().copied().unwrap_or_else(|| before(since));
        let looked = walk(read, project, after, STEP, &mut |position| {
            found.insert(position);
            true
        })?;
        read.look(looked, 1)?;
        if looked < STEP.unsigned_abs() {
            return Ok(found);
        }
    }
}

/// The place before all messages that were made at `since` or later.
fn before(since: i64) -> Position {
    Position {
        created_at: since.saturating_sub(1),
        id: Uuid::max(),
    }
}

/// Visits messages behind a place in the order of time for as long as the visitor wants, and gives their number.
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
        let (created_at, id) = found?;
        looked += 1;
        let id = Uuid::from_slice(&id).map_err(|_| Error::Broken("an id is not of 16 bytes".to_owned()))?;
        if !visit(Position { created_at, id }) {
            break;
        }
    }
    Ok(looked)
}

fn rows(conn: &mut Conn, positions: &[Position]) -> Result<Vec<Message>, Error> {
    if positions.is_empty() {
        return Ok(Vec::new());
    }
    let ids = positions.iter().map(|position| position.id.as_bytes().as_slice());
    let select = messages::table.select(COLUMNS).filter(messages::id.eq_any(ids));
    let mut found = Vec::with_capacity(positions.len());
    for row in select.load_iter::<Row, DefaultLoadingMode>(conn)? {
        found.push(row?.to_message());
    }
    found.sort_unstable_by_key(Position::of);
    Ok(found)
}
