//! Events that are kept for audits.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use uuid::Uuid;

use super::page::{self, Page};
use super::row::KeptRow;
use crate::event::{Envelope, Priority};
use crate::message::Position;
use crate::store::backend::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::events;
use crate::store::windows;
use crate::store::write::Tx;

/// Which events are asked for; each condition that is none holds for all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Of this type.
    pub event_type: Option<String>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// About this project.
    pub project_id: Option<String>,
    /// Reported at this time or later, in microseconds since 1970.
    pub since: Option<i64>,
    /// Reported before this time, in microseconds since 1970.
    pub until: Option<i64>,
    /// Behind this event, which is the last of the page before.
    pub marker: Option<Uuid>,
}

impl Filter {
    /// Whether an index leads straight to the page, however many events there are.
    pub fn is_direct(&self) -> bool {
        self.priority.is_none() && (self.project_id.is_none() || self.event_type.is_none())
    }

    /// The part that one index serves.
    fn by_index(&self) -> Self {
        let project_id = self.project_id.clone();
        Self {
            event_type: self.event_type.clone().filter(|_| project_id.is_none()),
            project_id,
            ..Self::default()
        }
    }
}

/// The kept events that the filter lets through, newest first, `limit` at most, and no more once they take `room` bytes.
///
/// # Errors
/// [`Error::NotFound`] when the marker is not there.
pub fn list(read: &mut Read<'_>, filter: &Filter, limit: usize, room: usize) -> Result<Page, Error> {
    let marker = match filter.marker {
        Some(marker) => Some(position(read, marker)?),
        None => None,
    };
    page::fill(limit, room, |last, limit| {
        let last = last.map(|event| Position {
            created_at: event.timestamp,
            id: event.message_id,
        });
        let rows = behind(read, filter, last.or(marker), limit)?;
        rows.into_iter().map(Envelope::try_from).collect()
    })
}

/// Where an event stands in the list.
fn position(conn: &mut Conn, marker: Uuid) -> Result<Position, Error> {
    let created_at = events::table
        .select(events::created_at)
        .filter(events::id.eq(marker.as_bytes().as_slice()))
        .first(conn)?;
    Ok(Position {
        created_at,
        id: marker,
    })
}

/// How much dearer an event is than an entry of its index.
const WEIGHT: u64 = 2;

/// Up to `limit` rows that the filter lets through, but for its marker, behind this position.
fn behind(
    read: &mut Read<'_>,
    filter: &Filter,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<KeptRow>, Error> {
    let start = Position::at(filter.until.unwrap_or(i64::MAX));
    let after = position.map_or(start, |position| position.min(start));
    let last = Position::at(filter.since.unwrap_or(i64::MIN));
    if filter.is_direct() {
        let conn: &mut Conn = read;
        let rows: Vec<KeptRow> = matching(filter, after, last).limit(limit).load(conn)?;
        read.look(u64::try_from(rows.len()).unwrap_or(0), WEIGHT)?;
        return Ok(rows);
    }
    let mut found: Vec<KeptRow> = Vec::new();
    let by_index = filter.by_index();
    let end = |conn: &mut Conn, after, rows| end(conn, &by_index, after, last, rows);
    windows::walk(read, WEIGHT, after, end, |conn, window| {
        let wanted = limit - i64::try_from(found.len()).unwrap_or(i64::MAX);
        let query = matching(filter, window.after, window.until.unwrap_or(last));
        let rows: Vec<KeptRow> = query.limit(wanted).load(conn)?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= wanted);
        found.extend(rows);
        Ok(!is_full)
    })?;
    Ok(found)
}

/// Where the `rows`th event is that the filter lets through, if there are so many.
fn end(
    conn: &mut Conn,
    filter: &Filter,
    after: Position,
    until: Position,
    rows: u64,
) -> Result<Option<Position>, Error> {
    let found: Option<(i64, Vec<u8>)> = matching(filter, after, until)
        .select((events::created_at, events::id))
        .limit(1)
        .offset(i64::try_from(rows).unwrap_or(i64::MAX) - 1)
        .first(conn)
        .optional()?;
    let Some((created_at, id)) = found else {
        return Ok(None);
    };
    let id = Uuid::from_slice(&id).map_err(|_| Error::Broken("the id of an event is damaged".to_owned()))?;
    Ok(Some(Position { created_at, id }))
}

/// What the filter lets through, but for its times and marker, behind one place up to another.
fn matching(filter: &Filter, after: Position, until: Position) -> events::BoxedQuery<'_, MultiBackend> {
    let mut query = events::table.into_boxed();
    if let Some(event_type) = &filter.event_type {
        query = if filter.project_id.is_none() {
            query.filter(events::event_type.eq(event_type))
        } else {
            // Beside a project, whose index is walked, the type's must not be taken: it may have far more in a window.
            query.filter(sql::<Bool>("coalesce(events.event_type, '') = ").bind::<Text, _>(event_type))
        };
    }
    if let Some(priority) = filter.priority {
        query = query.filter(events::priority.eq(priority.name()));
    }
    if let Some(project_id) = &filter.project_id {
        query = query.filter(events::project_id.eq(project_id));
    }
    let at = events::created_at;
    let is_behind = at
        .lt(after.created_at)
        .or(events::id.lt(after.id.as_bytes().to_vec()));
    let is_before_end = at
        .gt(until.created_at)
        .or(events::id.ge(until.id.as_bytes().to_vec()));
    query
        .filter(at.le(after.created_at))
        .filter(is_behind)
        .filter(at.ge(until.created_at))
        .filter(is_before_end)
        .order((at.desc(), events::id.desc()))
}

/// Deletes up to `limit` events that were reported before `before` (microseconds) and gives their number.
pub fn delete_before(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let ids: Vec<Vec<u8>> = events::table
        .select(events::id)
        .filter(events::created_at.lt(before))
        .order(events::created_at)
        .limit(limit)
        .load(tx.conn())?;
    let mut deleted = 0;
    for chunk in ids.chunks(ROWS) {
        let rows = events::table.filter(events::id.eq_any(chunk.to_vec()));
        deleted += diesel::delete(rows).execute(tx.conn())?;
    }
    Ok(deleted)
}

/// Rows of one statement.
const ROWS: usize = 10_000;
