//! The table of messages: insert, show, list, delete, count.

mod bounds;
mod correct;
mod count;
mod either;
mod insert;
mod list;
mod merge;
mod news;
mod row;
mod select;
mod sort;
mod sorted;
mod weight;

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

pub use correct::correct;
pub use count::count;
pub(super) use count::count_step;
#[cfg(any(feature = "sqlite", feature = "mysql"))]
pub(super) use insert::NewRow;
pub(super) use insert::insert;
pub use list::{list, list_after, marker, walk};
pub use news::{NEWS_PAGE, News, news, positions};
pub(super) use row::COLUMNS;
pub use row::Row;

use super::backend::Conn;
use super::error::Error;
use super::event::outbox;
use super::schema::messages;
use super::write::Tx;
use crate::event::Outgoing;
use crate::message::{Message, Scope};

/// Ids of one statement.
const IDS: usize = 500;

/// Inserts those whose id is not there yet and returns their number. Nobody has read them, however old they are.
pub fn import(tx: &mut Tx<'_>, rows: &[Message]) -> Result<usize, Error> {
    let fresh = insert_fresh(tx, rows)?;
    super::read_state::note_late(tx, &fresh)?;
    Ok(fresh.len())
}

/// Inserts those whose id is not there yet, as rows that were read as far as the read state beside them says.
pub(super) fn copy(tx: &mut Tx<'_>, rows: &[Message]) -> Result<(), Error> {
    insert_fresh(tx, rows).map(drop)
}

fn insert_fresh<'a>(tx: &mut Tx<'_>, rows: &'a [Message]) -> Result<Vec<&'a Message>, Error> {
    let rows: Vec<&Message> = rows.iter().collect();
    let mut known = standing(tx.conn(), &rows)?;
    // An id that comes twice counts once.
    let fresh: Vec<&Message> = rows.into_iter().filter(|row| known.insert(row.id)).collect();
    insert(tx.conn(), &fresh)?;
    tx.written()
        .messages(fresh.iter().map(|row| row.project_id.as_str()));
    Ok(fresh)
}

/// The ids of these messages that are there already.
pub(super) fn standing(conn: &mut Conn, rows: &[&Message]) -> Result<HashSet<Uuid>, Error> {
    let mut known = HashSet::new();
    for chunk in rows.chunks(IDS) {
        let ids = chunk.iter().map(|row| row.id.as_bytes().as_slice());
        let found: Vec<Vec<u8>> = messages::table
            .select(messages::id)
            .filter(messages::id.eq_any(ids))
            .load(conn)?;
        known.extend(found.iter().filter_map(|id| Uuid::from_slice(id).ok()));
    }
    Ok(known)
}

/// The message of this id, if it is in the scope.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is another project's.
pub fn show(conn: &mut Conn, scope: &Scope, id: Uuid) -> Result<Row, Error> {
    let row = row::by_id(conn, id)?;
    if scope.has(row.project_id()) {
        Ok(row)
    } else {
        Err(Error::NotFound)
    }
}

/// Deletes the message of this id, if it is in the scope, and that it was read, and writes what `tell` has to say about its
/// project.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is another project's.
pub fn delete(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: Uuid,
    tell: impl Fn(&str) -> Outgoing,
) -> Result<(), Error> {
    let row = messages::table.filter(messages::id.eq(id.as_bytes().to_vec()));
    let project = match scope {
        // Whose it is has to be looked up only where somebody wants to know.
        Scope::All if tell("").is_empty() => None,
        Scope::All | Scope::Projects(_) => Some(
            row.clone()
                .select(messages::project_id)
                .first::<String>(tx.conn())?,
        ),
        Scope::Project(project) => Some(project.clone()),
    };
    if project.as_deref().is_some_and(|project| !scope.has(project)) {
        return Err(Error::NotFound);
    }
    let deleted = match &project {
        None => diesel::delete(row).execute(tx.conn())?,
        Some(project) => diesel::delete(row.filter(messages::project_id.eq(project))).execute(tx.conn())?,
    };
    if deleted == 0 {
        return Err(Error::NotFound);
    }
    let told = project.map(|project| tell(&project)).unwrap_or_default();
    if !told.is_empty() {
        outbox::add(tx, &told)?;
    }
    super::read_state::forget(tx, id)
}

/// Deletes up to `limit` messages that expired before `before` (microseconds) and gives their number.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    tx.conn().delete_expired(before, limit)
}
