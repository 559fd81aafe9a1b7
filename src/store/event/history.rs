//! Events that are kept for audits.

use diesel::prelude::*;
use uuid::Uuid;

use super::page::{self, Page};
use super::row::KeptRow;
use crate::event::{Envelope, Priority};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::events;
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

/// The kept events that the filter lets through, newest first, `limit` at most, and no more once they take `room` bytes.
///
/// # Errors
/// [`Error::NotFound`] when the marker is not there.
pub fn list(conn: &mut Conn, filter: &Filter, limit: usize, room: usize) -> Result<Page, Error> {
    let marker = match filter.marker {
        Some(marker) => Some(position(conn, marker)?),
        None => None,
    };
    page::fill(limit, room, |last, limit| {
        let last = last.map(|event| (event.timestamp, event.message_id));
        let rows = behind(conn, filter, last.or(marker), limit)?;
        rows.into_iter().map(Envelope::try_from).collect()
    })
}

/// Where an event stands in the list.
fn position(conn: &mut Conn, marker: Uuid) -> Result<(i64, Uuid), Error> {
    let at = events::table
        .select(events::created_at)
        .filter(events::id.eq(marker.as_bytes().as_slice()))
        .first(conn)?;
    Ok((at, marker))
}

/// Up to `limit` rows that the filter lets through, but for its marker, behind this position.
fn behind(
    conn: &mut Conn,
    filter: &Filter,
    position: Option<(i64, Uuid)>,
    limit: i64,
) -> Result<Vec<KeptRow>, Error> {
    let mut query = events::table.into_boxed();
    if let Some(event_type) = &filter.event_type {
        query = query.filter(events::event_type.eq(event_type));
    }
    if let Some(priority) = filter.priority {
        query = query.filter(events::priority.eq(priority.name()));
    }
    if let Some(project_id) = &filter.project_id {
        query = query.filter(events::project_id.eq(project_id));
    }
    if let Some(since) = filter.since {
        query = query.filter(events::created_at.ge(since));
    }
    if let Some(until) = filter.until {
        query = query.filter(events::created_at.lt(until));
    }
    if let Some((at, id)) = position {
        let is_behind = events::created_at.lt(at).or(events::created_at
            .eq(at)
            .and(events::id.lt(id.as_bytes().to_vec())));
        query = query.filter(events::created_at.le(at)).filter(is_behind);
    }
    Ok(query
        .order((events::created_at.desc(), events::id.desc()))
        .limit(limit)
        .load(conn)?)
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

/// How many events were reported before `before`, in microseconds since 1970.
pub fn count_before(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    Ok(events::table
        .filter(events::created_at.lt(before))
        .count()
        .get_result(conn)?)
}
