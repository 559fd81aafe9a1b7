//! Lists: filters, any order, pages by marker.
//!
//! Nearly every page is asked for by time, which the clustered key serves; its statement is built for the one database
//! at hand and stays prepared. The first page of a project is asked for most of all: its statement has a type of its
//! own, by which it is found prepared; the SQL of the others is written each time to look them up. Any other order goes
//! through the enum of connections, and is prepared anew each time: a caller can ask for more different orders than a
//! cache of statements should hold.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::row::{COLUMNS, Row};
use super::sort::{self, Key};
use crate::message::{Column, Condition, Direction, Query, Scope};
use crate::store::backend::{Conn, MultiBackend};
use crate::store::dialect::ID_DIGITS;
use crate::store::error::Error;
use crate::store::schema::messages;

/// Adds the query's scope and conditions to a boxed statement of any backend.
macro_rules! restrict {
    ($select:expr, $query:expr) => {{
        let mut select = $select;
        if let Scope::Project(project) = &$query.scope {
            select = select.filter(messages::project_id.eq(project));
        }
        for condition in &$query.conditions {
            select = match condition {
                Condition::Equals(column, value) => match column {
                    Column::ProjectId => select.filter(messages::project_id.eq(value)),
                    Column::EventId => select.filter(messages::event_id.eq(value)),
                    Column::RequestId => select.filter(messages::request_id.eq(value)),
                    Column::MessageLevel => select.filter(messages::message_level.eq(value)),
                    Column::ResourceType => select.filter(messages::resource_type.eq(value)),
                    Column::ResourceUuid => select.filter(messages::resource_uuid.eq(value)),
                    Column::ActionId => select.filter(messages::action_id.eq(value)),
                    Column::DetailId => select.filter(messages::detail_id.eq(value)),
                    other => return Err(not_a_text(*other)),
                },
                Condition::Like(column, pattern) => match column {
                    Column::Id => select.filter(sql::<Bool>(ID_DIGITS).bind::<Text, _>(pattern)),
                    Column::ProjectId => select.filter(messages::project_id.like(pattern)),
                    Column::EventId => select.filter(messages::event_id.like(pattern)),
                    Column::RequestId => select.filter(messages::request_id.like(pattern)),
                    Column::MessageLevel => select.filter(messages::message_level.like(pattern)),
                    Column::ResourceType => select.filter(messages::resource_type.like(pattern)),
                    Column::ResourceUuid => select.filter(messages::resource_uuid.like(pattern)),
                    Column::ActionId => select.filter(messages::action_id.like(pattern)),
                    Column::DetailId => select.filter(messages::detail_id.like(pattern)),
                    other => return Err(not_a_text(*other)),
                },
                Condition::Id(id) => select.filter(messages::id.eq(id.as_bytes().as_slice())),
                Condition::Time(Column::ExpiresAt, at) => select.filter(messages::expires_at.eq(*at)),
                Condition::Time(_, at) => select.filter(messages::created_at.eq(*at)),
                Condition::Since(at) => select.filter(messages::created_at.ge(*at)),
            };
        }
        select
    }};
}

/// Calls `visit` with each message of the page, in order.
///
/// # Errors
/// [`Error::NotFound`] when the marker is not a message of the scope.
pub fn list(conn: &mut Conn, query: &Query, visit: &mut dyn FnMut(&Row)) -> Result<(), Error> {
    let marker = match query.marker {
        Some(id) => Some(super::show(conn, &query.scope, id)?),
        None => None,
    };
    if let Some(project) = whole_project(query) {
        return match conn {
            Conn::Sqlite(conn) => newest(conn, project, query.limit, visit),
        };
    }
    match query.by_time() {
        Some(direction) if query.conditions.iter().all(is_common) => match conn {
            Conn::Sqlite(conn) => by_time(conn, query, marker.as_ref(), direction, visit),
        },
        _ => in_any_order(conn, query, marker.as_ref(), visit),
    }
}

/// The project, if the page is the newest of all its messages.
fn whole_project(query: &Query) -> Option<&str> {
    let Scope::Project(project) = &query.scope else {
        return None;
    };
    let is_whole = query.conditions.is_empty() && query.marker.is_none() && query.offset == 0;
    (is_whole && query.by_time() == Some(Direction::Descending)).then_some(project.as_str())
}

fn newest(
    conn: &mut SqliteConnection,
    project: &str,
    limit: i64,
    visit: &mut dyn FnMut(&Row),
) -> Result<(), Error> {
    let select = messages::table
        .select(COLUMNS)
        .filter(messages::project_id.eq(project))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(limit);
    for row in select.load_iter::<Row, DefaultLoadingMode>(conn)? {
        visit(&row?);
    }
    Ok(())
}

fn by_time(
    conn: &mut SqliteConnection,
    query: &Query,
    marker: Option<&Row>,
    direction: Direction,
    visit: &mut dyn FnMut(&Row),
) -> Result<(), Error> {
    let select = messages::table
        .select(COLUMNS)
        .into_boxed::<diesel::sqlite::Sqlite>();
    let mut select = restrict!(select, query);
    // `at <= t AND (at < t OR id < i)` is the form that every database answers by seeking in its index.
    select = match direction {
        Direction::Descending => {
            if let Some(row) = marker {
                let id = row.id.as_bytes().to_vec();
                select = select
                    .filter(messages::created_at.le(row.created_at))
                    .filter(messages::created_at.lt(row.created_at).or(messages::id.lt(id)));
            }
            select.order((messages::created_at.desc(), messages::id.desc()))
        }
        Direction::Ascending => {
            if let Some(row) = marker {
                let id = row.id.as_bytes().to_vec();
                select = select
                    .filter(messages::created_at.ge(row.created_at))
                    .filter(messages::created_at.gt(row.created_at).or(messages::id.gt(id)));
            }
            select.order((messages::created_at.asc(), messages::id.asc()))
        }
    };
    select = select.limit(query.limit);
    if query.offset > 0 {
        select = select.offset(query.offset);
    }
    for row in select.load_iter::<Row, DefaultLoadingMode>(conn)? {
        visit(&row?);
    }
    Ok(())
}

fn in_any_order(
    conn: &mut Conn,
    query: &Query,
    marker: Option<&Row>,
    visit: &mut dyn FnMut(&Row),
) -> Result<(), Error> {
    let select = messages::table.select(COLUMNS).into_boxed::<MultiBackend>();
    // A literal keeps the statement out of the cache.
    let mut select = restrict!(select, query).filter(sql::<Bool>("1 = 1"));
    if let Some(after) = marker.and_then(|row| sort::after(&query.order, row)) {
        select = select.filter(after);
    }
    for (column, direction) in &query.order {
        select = match (sort::key(*column), direction) {
            (Some(Key::Text(key)), Direction::Ascending) => select.then_order_by(key.asc()),
            (Some(Key::Text(key)), Direction::Descending) => select.then_order_by(key.desc()),
            (Some(Key::Number(key)), Direction::Ascending) => select.then_order_by(key.asc()),
            (Some(Key::Number(key)), Direction::Descending) => select.then_order_by(key.desc()),
            (Some(Key::Bytes(key)), Direction::Ascending) => select.then_order_by(key.asc()),
            (Some(Key::Bytes(key)), Direction::Descending) => select.then_order_by(key.desc()),
            (None, _) => select,
        };
    }
    let select = select.limit(query.limit).offset(query.offset);
    for row in select.load_iter::<Row, DefaultLoadingMode>(conn)? {
        visit(&row?);
    }
    Ok(())
}

/// Whether the condition is one of the few that tenants use, so that its statement is worth keeping prepared.
fn is_common(condition: &Condition) -> bool {
    match condition {
        Condition::Equals(column, _) => {
            !matches!(column, Column::ProjectId | Column::ActionId | Column::DetailId)
        }
        Condition::Since(_) => true,
        Condition::Like(..) | Condition::Id(_) | Condition::Time(..) => false,
    }
}

fn not_a_text(column: Column) -> Error {
    Error::Broken(format!("{column:?} is not a text column"))
}
