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
use crate::store::schema::messages;

/// Most messages that are given at a time: the ids of one statement.
pub const NEWS_PAGE: usize = 500;

/// Messages that were not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The oldest first.
    pub messages: Vec<Message>,
    /// Where the reading ended, if that was before the end of what there is.
    pub until: Option<Position>,
}

/// The oldest messages of a project, made at `since` (microseconds) or later, that are not among the known ones.
pub fn news(conn: &mut Conn, project: &str, since: i64, known: &BTreeSet<Position>) -> Result<News, Error> {
    // A full page of new ones, even if all the known ones come before them.
    let most = i64::try_from(known.len() + NEWS_PAGE).unwrap_or(i64::MAX);
    let mut new = Vec::new();
    walk(conn, project, since, most, &mut |position| {
        if !known.contains(&position) {
            new.push(position);
        }
        new.len() < NEWS_PAGE
    })?;
    Ok(News {
        messages: rows(conn, &new)?,
        until: new.last().copied().filter(|_| new.len() == NEWS_PAGE),
    })
}

/// Where the messages of a project are that were made at `since` (microseconds) or later.
pub fn positions(conn: &mut Conn, project: &str, since: i64) -> Result<BTreeSet<Position>, Error> {
    let mut found = BTreeSet::new();
    walk(conn, project, since, i64::MAX, &mut |position| {
        found.insert(position);
        true
    })?;
    Ok(found)
}

/// Visits messages in the order of time for as long as the visitor wants.
fn walk(
    conn: &mut Conn,
    project: &str,
    since: i64,
    limit: i64,
    visit: &mut dyn FnMut(Position) -> bool,
) -> Result<(), Error> {
    let select = messages::table
        .select((messages::created_at, messages::id))
        .filter(messages::project_id.eq(project))
        .filter(messages::created_at.ge(since))
        .order((messages::created_at.asc(), messages::id.asc()))
        .limit(limit);
    for found in select.load_iter::<(i64, Vec<u8>), DefaultLoadingMode>(conn)? {
        let (created_at, id) = found?;
        let id = Uuid::from_slice(&id).map_err(|_| Error::Broken("an id is not of 16 bytes".to_owned()))?;
        if !visit(Position { created_at, id }) {
            break;
        }
    }
    Ok(())
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
