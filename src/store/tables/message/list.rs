//! Lists: filters, any order, pages by marker.
//!
//! Nearly every page is ordered by time, which the clustered key serves. The first page of a project is the most frequent: its
//! statement has a type of its own, by which it is found prepared; the SQL of the others is generated each time to look them
//! up. Where conditions or an offset make it uncertain how many rows a page needs, the index is walked in windows. Messages of
//! several projects are read project by project, and any other order reads all rows of its scope.

use std::borrow::Cow;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::bounds::{self, Bounds};
use super::row::{MessageRow, columns};
use super::select::{self, Part};
use super::show::show;
use super::{done, merge, sorted, weight};
use crate::message::{Condition, Direction, Position, Query, Scope};
use crate::store::connection::{Conn, with_each};
use crate::store::error::{Error, too_deep};
use crate::store::read::Read;
use crate::store::schema::messages;
use crate::store::tables::windows;

/// Calls `visit` with each message of the page, in order.
///
/// # Errors
/// [`Error::NotFound`] if the marker is not a message of the scope, [`Error::Exhausted`] if the page needs too many rows.
pub fn list(read: &mut Read<'_>, query: &Query, visit: &mut dyn FnMut(&MessageRow)) -> Result<(), Error> {
    let marker = marker(read, query)?;
    list_after(read, query, marker.as_ref(), visit)
}

/// Returns the message that the query's marker names. If it is gone and the query needs only its time, the row has no more
/// than that; otherwise [`Error::NotFound`].
pub fn marker(conn: &mut Conn, query: &Query) -> Result<Option<MessageRow>, Error> {
    let Some(id) = query.marker else {
        return Ok(None);
    };
    match (show(conn, &query.scope, id), query.marker_at) {
        (Err(Error::NotFound), Some(created_at)) if query.by_time().is_some() => {
            Ok(Some(MessageRow::at(Position { created_at, id })))
        }
        (found, _) => found.map(Some),
    }
}

/// Calls `visit` with each message of the page that comes after `marker`, in order. `query.marker` is ignored.
///
/// Only the marker's columns matter, as the message may have been deleted since it was read. [`Error::Exhausted`] if the page
/// needs too many rows.
pub fn list_after(
    read: &mut Read<'_>,
    query: &Query,
    marker: Option<&MessageRow>,
    visit: &mut dyn FnMut(&MessageRow),
) -> Result<(), Error> {
    if let Some(project) = whole_project(query).filter(|_| marker.is_none()) {
        let rows = newest(read, project, query.limit, visit)?;
        read.note(rows);
        return Ok(());
    }
    walk(read, query, marker, &mut |row| {
        visit(row);
        true
    })
}

/// As [`list_after`], for as long as `visit` returns true.
pub fn walk(
    read: &mut Read<'_>,
    query: &Query,
    marker: Option<&MessageRow>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<(), Error> {
    // No stored text contains NUL, and PostgreSQL refuses a parameter with one.
    if query.limit == 0 || query.conditions.iter().any(has_nul) {
        return Ok(());
    }
    let query = &canonical(read, query);
    match query.by_time() {
        Some(direction) if query.named().is_none() => {
            let marker = marker.map(MessageRow::position);
            by_time(read, query, direction, marker, visit)
        }
        _ => sorted::page(read, query, marker, visit),
    }
}

/// The project, if the query asks for the newest of all its messages.
fn whole_project(query: &Query) -> Option<&str> {
    let Scope::Project(project) = &query.scope else {
        return None;
    };
    let is_whole = query.conditions.is_empty() && query.offset == 0;
    (is_whole && query.by_time() == Some(Direction::Descending)).then_some(project.as_str())
}

/// A page ordered by time: without conditions the next rows, with them window by window.
fn by_time(
    read: &mut Read<'_>,
    query: &Query,
    direction: Direction,
    marker: Option<Position>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<(), Error> {
    let whole = Bounds::of(query, direction, marker);
    let part = |bounds, limit, offset| Part {
        limit,
        offset,
        ..Part::within(query, direction, bounds)
    };
    let (mut limit, mut offset) = (query.limit, query.offset);
    if query.is_direct() {
        let found = select::page(read, &part(whole, limit, 0), visit)?;
        read.note(found.rows.unsigned_abs());
        return Ok(());
    }
    let mut scopes = bounds::scopes(query);
    let scope = match (&query.scope, scopes.pop()) {
        (_, None) => return Ok(()),
        (Scope::All | Scope::Project(_), Some(scope)) => scope,
        (Scope::Projects(_), Some(last)) => {
            scopes.push(last);
            return merge::walk(read, query, scopes, direction, whole, visit);
        }
    };
    let end =
        |conn: &mut Conn, after, rows| select::end(conn, &scope, direction, Bounds { after, ..whole }, rows);
    let weight = weight::of(&query.conditions);
    let left_out = done::left_out(query, &scope);
    let walked = windows::walk(read, weight, whole.after, end, |conn, window| {
        let until = window.until.unwrap_or(whole.until);
        let bounds = Bounds {
            after: window.after,
            until,
        };
        if let Some(reader) = &left_out {
            let rows = window.until.map(|_| window.rows);
            if done::are_all_done(conn, reader, direction, bounds, rows)? {
                return Ok(true);
            }
        }
        if offset > 0 && window.until.is_some() {
            let matching = if query.has_all() {
                i64::try_from(window.rows).unwrap_or(i64::MAX)
            } else {
                select::count(conn, &part(bounds, 0, 0))?
            };
            if matching <= offset {
                offset -= matching;
                return Ok(true);
            }
        }
        let found = select::page(conn, &part(bounds, limit, offset), visit)?;
        limit -= found.rows;
        offset = 0;
        Ok(limit > 0 && !found.is_stopped)
    });
    walked.map_err(|error| match error {
        // Only the offset was walked.
        Error::Exhausted(_) if offset > 0 && query.has_all() => too_deep(query.offset),
        error => error,
    })
}

/// Returns the query with its patterns in this database's form and its conditions in canonical order.
fn canonical<'q>(conn: &Conn, query: &'q Query) -> Cow<'q, Query> {
    let mut query = Cow::Borrowed(query);
    for index in 0..query.conditions.len() {
        if let Some(condition) = with_pattern(conn, &query.conditions[index]) {
            query.to_mut().conditions[index] = condition;
        }
    }
    if !query.conditions.is_sorted_by_key(Condition::rank) {
        query.to_mut().conditions.sort_by_key(Condition::rank);
    }
    query
}

/// The condition in this database's form, if that differs.
fn with_pattern(conn: &Conn, condition: &Condition) -> Option<Condition> {
    match condition {
        Condition::Like(column, pattern) => match conn.pattern(pattern) {
            Cow::Owned(pattern) => Some(Condition::Like(*column, pattern)),
            Cow::Borrowed(_) => None,
        },
        Condition::Any(groups) => {
            let read =
                |condition: &Condition| with_pattern(conn, condition).unwrap_or_else(|| condition.clone());
            let read = |group: &Vec<Condition>| group.iter().map(read).collect();
            Some(Condition::Any(groups.iter().map(read).collect()))
        }
        _ => None,
    }
}

fn has_nul(condition: &Condition) -> bool {
    match condition {
        Condition::Equals(_, text)
        | Condition::Like(_, text)
        | Condition::Contains(_, text)
        | Condition::StartsWith(_, text)
        | Condition::State(text, _) => text.contains('\0'),
        Condition::In(_, texts) => texts.iter().any(|text| text.contains('\0')),
        Condition::Any(groups) => groups.iter().flatten().any(has_nul),
        Condition::Id(_)
        | Condition::Ids(_)
        | Condition::Time(..)
        | Condition::Since(..)
        | Condition::Before(..) => false,
    }
}

/// Visits the newest messages of a project and returns their number.
fn newest(
    conn: &mut Conn,
    project: &str,
    limit: i64,
    visit: &mut dyn FnMut(&MessageRow),
) -> Result<u64, Error> {
    let select = messages::table
        .select(columns())
        .filter(messages::project_id.eq(project))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(limit);
    let mut rows = 0;
    with_each!(conn, conn => {
        for row in select.load_iter::<MessageRow, DefaultLoadingMode>(conn)? {
            visit(&row?);
            rows += 1;
        }
    });
    Ok(rows)
}
