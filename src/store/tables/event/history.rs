//! Listing the events that are kept for audits.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use uuid::Uuid;

use super::page::{self, EventPage};
use super::row::EventRow;
use crate::event::{Envelope, Priority};
use crate::message::Position;
use crate::store::connection::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::events;
use crate::store::tables::{ids, windows};

/// Which events to list. A condition that is `None` excludes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventFilter {
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
    /// After this event, the last of the previous page.
    pub marker: Option<Uuid>,
}

impl EventFilter {
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

/// The kept events that match the filter, newest first: up to `limit`, and no more once they take `most_bytes`.
/// [`Error::NotFound`] if the marker does not exist.
pub fn list(
    read: &mut Read<'_>,
    filter: &EventFilter,
    limit: usize,
    most_bytes: usize,
) -> Result<EventPage, Error> {
    let marker = match filter.marker {
        Some(marker) => Some(position(read, marker)?),
        None => None,
    };
    page::fill(limit, most_bytes, |last, limit| {
        let last = last.map(|event| Position {
            created_at: event.timestamp,
            id: event.message_id,
        });
        let rows = behind(read, filter, last.or(marker), limit)?;
        rows.into_iter().map(Envelope::try_from).collect()
    })
}

/// The position of an event in the list.
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

/// The cost of an event, in entries of its index.
const WEIGHT: u64 = 2;

/// Up to `limit` rows after this position that match the filter, ignoring its marker.
fn behind(
    read: &mut Read<'_>,
    filter: &EventFilter,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<EventRow<'static>>, Error> {
    let start = Position::at(filter.until.unwrap_or(i64::MAX));
    let after = position.map_or(start, |position| position.min(start));
    let last = Position::at(filter.since.unwrap_or(i64::MIN));
    if filter.is_direct() {
        let conn: &mut Conn = read;
        let rows: Vec<EventRow<'static>> = matching(filter, after, last).limit(limit).load(conn)?;
        read.spend(u64::try_from(rows.len()).unwrap_or(0), WEIGHT)?;
        return Ok(rows);
    }
    let mut found: Vec<EventRow<'static>> = Vec::new();
    let by_index = filter.by_index();
    let end = |conn: &mut Conn, after, rows| end(conn, &by_index, after, last, rows);
    windows::walk(read, WEIGHT, after, end, |conn, window| {
        let wanted = limit - i64::try_from(found.len()).unwrap_or(i64::MAX);
        let query = matching(filter, window.after, window.until.unwrap_or(last));
        let rows: Vec<EventRow<'static>> = query.limit(wanted).load(conn)?;
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= wanted);
        found.extend(rows);
        Ok(!is_full)
    })?;
    Ok(found)
}

/// The position of the `rows`th event that matches the filter, if any.
fn end(
    conn: &mut Conn,
    filter: &EventFilter,
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
    found.map(ids::position).transpose()
}

/// The events between two positions that match the filter, ignoring its times and marker.
fn matching(filter: &EventFilter, after: Position, until: Position) -> events::BoxedQuery<'_, MultiBackend> {
    let mut query = events::table.into_boxed();
    if let Some(event_type) = &filter.event_type {
        query = if filter.project_id.is_none() {
            query.filter(events::event_type.eq(event_type))
        } else {
            // The index of the project is walked; that of the type, which may have far more in a window, must not be used.
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
