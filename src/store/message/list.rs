//! Lists: filters, any order, pages by marker.
//!
//! Nearly every page is asked for by time, which the clustered key serves; its statement is built for the one database
//! at hand and stays prepared. The first page of a project is asked for most of all: its statement has a type of its
//! own, by which it is found prepared; the SQL of the others is written each time to look them up. Any other order goes
//! through the enum of connections, and is prepared anew each time: a caller can ask for more different orders than a
//! cache of statements should hold.

use std::borrow::Cow;

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::either;
use super::row::{COLUMNS, Row};
use super::sort::{self, Key};
use crate::message::{Column, Condition, Direction, Position, Query, Scope};
use crate::store::backend::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::schema::messages;

/// Adds the query's scope and conditions to a boxed statement of any backend.
macro_rules! restrict {
    ($select:expr, $query:expr, $digits:expr) => {{
        let mut select = $select;
        if let Scope::Project(project) = &$query.scope {
            select = select.filter(messages::project_id.eq(project));
        }
        if let Scope::Projects(projects) = &$query.scope {
            select = select.filter(messages::project_id.eq_any(projects.iter()));
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
                    Column::Id => select.filter(sql::<Bool>($digits).bind::<Text, _>(pattern)),
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
                Condition::Since(Column::ExpiresAt, at) => select.filter(messages::expires_at.ge(*at)),
                Condition::Since(_, at) => select.filter(messages::created_at.ge(*at)),
                Condition::Before(Column::ExpiresAt, at) => select.filter(messages::expires_at.lt(*at)),
                Condition::Before(_, at) => select.filter(messages::created_at.lt(*at)),
                // Not common, so only `in_any_order` meets them, and adds them itself.
                Condition::In(..) | Condition::Contains(..) | Condition::Any(_) => select,
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
    let marker = marker(conn, query)?;
    list_after(conn, query, marker.as_ref(), visit)
}

/// Returns the message that the query's marker names, or what is known of it where that is enough to go on.
///
/// # Errors
/// [`Error::NotFound`] when the marker is not a message of the scope, and the query needs more of it than its time.
pub fn marker(conn: &mut Conn, query: &Query) -> Result<Option<Row>, Error> {
    let Some(id) = query.marker else {
        return Ok(None);
    };
    match (super::show(conn, &query.scope, id), query.marker_at) {
        (Err(Error::NotFound), Some(created_at)) if query.by_time().is_some() => {
            Ok(Some(Row::at(Position { created_at, id })))
        }
        (found, _) => found.map(Some),
    }
}

/// Calls `visit` with each message of the page that comes after `marker`, in order.
///
/// Only the marker's columns count: the message may have been deleted since it was read. A walk over several pages
/// goes on with this, and `query.marker` plays no part.
pub fn list_after(
    conn: &mut Conn,
    query: &Query,
    marker: Option<&Row>,
    visit: &mut dyn FnMut(&Row),
) -> Result<(), Error> {
    if let Some(project) = whole_project(query).filter(|_| marker.is_none()) {
        return match conn {
            #[cfg(feature = "sqlite")]
            Conn::Sqlite(conn) => newest_sqlite(conn, project, query.limit, visit),
            #[cfg(feature = "postgres")]
            Conn::Postgres(conn) => newest_postgres(conn, project, query.limit, visit),
            #[cfg(feature = "mysql")]
            Conn::Mysql(conn) => newest_mysql(conn, project, query.limit, visit),
        };
    }
    // No stored text has a NUL, and PostgreSQL refuses a question with one.
    if query.conditions.iter().any(has_nul) {
        return Ok(());
    }
    let query = &with_patterns(conn, query);
    let digits = conn.id_digits();
    match query.by_time() {
        Some(direction) if has_common_shape(query) => match conn {
            #[cfg(feature = "sqlite")]
            Conn::Sqlite(conn) => by_time_sqlite(conn, query, marker, direction, digits, visit),
            #[cfg(feature = "postgres")]
            Conn::Postgres(conn) => by_time_postgres(conn, query, marker, direction, digits, visit),
            #[cfg(feature = "mysql")]
            Conn::Mysql(conn) => by_time_mysql(conn, query, marker, direction, digits, visit),
        },
        _ => in_any_order(conn, query, marker, digits, visit),
    }
}

/// Whether the statement is worth keeping prepared. One with a list of projects has a shape of its own for each length.
fn has_common_shape(query: &Query) -> bool {
    !matches!(query.scope, Scope::Projects(_)) && query.conditions.iter().all(is_common)
}

/// The project, if a page without a marker is the newest of all its messages.
fn whole_project(query: &Query) -> Option<&str> {
    let Scope::Project(project) = &query.scope else {
        return None;
    };
    let is_whole = query.conditions.is_empty() && query.offset == 0;
    (is_whole && query.by_time() == Some(Direction::Descending)).then_some(project.as_str())
}

/// The query with its patterns as this database reads them.
fn with_patterns<'q>(conn: &Conn, query: &'q Query) -> Cow<'q, Query> {
    let mut query = Cow::Borrowed(query);
    for index in 0..query.conditions.len() {
        if let Some(condition) = with_pattern(conn, &query.conditions[index]) {
            query.to_mut().conditions[index] = condition;
        }
    }
    query
}

/// The condition as this database reads it, where that is another.
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
        Condition::Equals(_, text) | Condition::Like(_, text) | Condition::Contains(_, text) => {
            text.contains('\0')
        }
        Condition::In(_, texts) => texts.iter().any(|text| text.contains('\0')),
        Condition::Any(groups) => groups.iter().flatten().any(has_nul),
        Condition::Id(_) | Condition::Time(..) | Condition::Since(..) | Condition::Before(..) => false,
    }
}

/// Makes the newest page of a project for one database.
macro_rules! newest {
    ($name:ident, $Conn:ty) => {
        fn $name(
            conn: &mut $Conn,
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
    };
}

#[cfg(feature = "sqlite")]
newest!(newest_sqlite, SqliteConnection);
#[cfg(feature = "postgres")]
newest!(newest_postgres, PgConnection);
#[cfg(feature = "mysql")]
newest!(newest_mysql, MysqlConnection);

/// Makes the page by time for one database.
macro_rules! by_time {
    ($name:ident, $Conn:ty, $Db:ty) => {
        fn $name(
            conn: &mut $Conn,
            query: &Query,
            marker: Option<&Row>,
            direction: Direction,
            digits: &str,
            visit: &mut dyn FnMut(&Row),
        ) -> Result<(), Error> {
            let select = messages::table.select(COLUMNS).into_boxed::<$Db>();
            let mut select = restrict!(select, query, digits);
            // `at <= t AND (at < t OR id < i)` is the form that every database answers by seeking in its index.
            select = match direction {
                Direction::Descending => {
                    if let Some(row) = marker {
                        let id = row.id.as_bytes().to_vec();
                        select = select
                            .filter(messages::created_at.le(row.created_at))
                            .filter(
                                messages::created_at
                                    .lt(row.created_at)
                                    .or(messages::id.lt(id)),
                            );
                    }
                    select.order((messages::created_at.desc(), messages::id.desc()))
                }
                Direction::Ascending => {
                    if let Some(row) = marker {
                        let id = row.id.as_bytes().to_vec();
                        select = select
                            .filter(messages::created_at.ge(row.created_at))
                            .filter(
                                messages::created_at
                                    .gt(row.created_at)
                                    .or(messages::id.gt(id)),
                            );
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
    };
}

#[cfg(feature = "sqlite")]
by_time!(by_time_sqlite, SqliteConnection, diesel::sqlite::Sqlite);
#[cfg(feature = "postgres")]
by_time!(by_time_postgres, PgConnection, diesel::pg::Pg);
#[cfg(feature = "mysql")]
by_time!(by_time_mysql, MysqlConnection, diesel::mysql::Mysql);

fn in_any_order(
    conn: &mut Conn,
    query: &Query,
    marker: Option<&Row>,
    digits: &str,
    visit: &mut dyn FnMut(&Row),
) -> Result<(), Error> {
    let select = messages::table.select(COLUMNS).into_boxed::<MultiBackend>();
    // A literal keeps the statement out of the cache.
    let mut select = restrict!(select, query, digits).filter(sql::<Bool>("1 = 1"));
    for condition in &query.conditions {
        if matches!(
            condition,
            Condition::In(..) | Condition::Contains(..) | Condition::Any(_)
        ) {
            select = select.filter(either::boxed(condition, digits)?);
        }
    }
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
        Condition::Since(..) | Condition::Before(..) => true,
        Condition::Like(..)
        | Condition::Contains(..)
        | Condition::Id(_)
        | Condition::Time(..)
        | Condition::In(..)
        | Condition::Any(_) => false,
    }
}

pub(super) fn not_a_text(column: Column) -> Error {
    Error::Broken(format!("{column:?} is not a text column"))
}
