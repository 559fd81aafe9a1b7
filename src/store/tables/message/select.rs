//! The statements of lists.
//!
//! Those by time with few and common conditions are built for the database at hand and stay prepared: each window of a walk
//! uses the same one. All others go through the enum of connections and are prepared anew each time: clients can cause
//! thousands of them, and MariaDB has one limit (`max_prepared_stmt_count`) for all clients.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::bounds::Bounds;
use super::either::{self, not_a_text};
use super::row::{COLUMNS, Row};
use super::sort::{self, SortKey};
use crate::message::{Column, Condition, Direction, Position, Query, Scope};
use crate::store::connection::{Conn, MultiBackend};
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids;

/// The part of a query that one statement reads.
pub(super) struct Part<'a> {
    pub(super) query: &'a Query,
    /// The direction, if the order is that of time.
    pub(super) direction: Direction,
    /// The positions to read; all if none.
    pub(super) bounds: Option<Bounds>,
    pub(super) limit: i64,
    pub(super) offset: i64,
}

impl<'a> Part<'a> {
    /// Everything of a query within some bounds.
    pub(super) fn within(query: &'a Query, direction: Direction, bounds: Bounds) -> Self {
        Self {
            query,
            direction,
            bounds: Some(bounds),
            limit: i64::MAX,
            offset: 0,
        }
    }
}

/// The rows that were visited.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Visited {
    pub(super) rows: i64,
    /// Whether the visitor wants no more.
    pub(super) is_stopped: bool,
}

impl Visited {
    fn take(&mut self, row: &Row, visit: &mut dyn FnMut(&Row) -> bool) -> bool {
        self.rows += 1;
        self.is_stopped = !visit(row);
        self.is_stopped
    }
}

/// A condition on the expiry that does not use its index, which may have far more matches than the window has rows.
macro_rules! expiry {
    ($operator:literal, $at:expr) => {
        sql::<Nullable<Bool>>(concat!("messages.expires_at + 0 ", $operator)).bind::<BigInt, _>(*$at)
    };
}

/// Adds the query's scope and conditions to a boxed statement of any backend.
macro_rules! restrict {
    ($select:expr, $part:expr, $digits:expr) => {{
        let mut select = $select;
        let query = $part.query;
        if let Scope::Project(project) = &query.scope {
            select = select.filter(messages::project_id.eq(project));
        }
        // Several projects are read one by one. Should they ever come here, no other project's messages are shown.
        if let Scope::Projects(projects) = &query.scope {
            select = select.filter(messages::project_id.eq_any(projects.iter()));
        }
        for condition in &query.conditions {
            select = match condition {
                // The bounds imply it.
                condition if $part.bounds.is_some() && condition.is_of_time() => select,
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
                Condition::Time(Column::ExpiresAt, at) => select.filter(expiry!("= ", at)),
                Condition::Time(_, at) => select.filter(messages::created_at.eq(*at)),
                Condition::Since(Column::ExpiresAt, at) => select.filter(expiry!(">= ", at)),
                Condition::Since(_, at) => select.filter(messages::created_at.ge(*at)),
                Condition::Before(Column::ExpiresAt, at) => select.filter(expiry!("< ", at)),
                Condition::Before(_, at) => select.filter(messages::created_at.lt(*at)),
                // `restricted` adds these itself.
                Condition::Ids(_) | Condition::In(..) | Condition::Contains(..) | Condition::Any(_) => select,
            };
        }
        select
    }};
}

/// Restricts a boxed statement of any backend to a range of positions.
///
/// Every database answers `at <= t AND (at < t OR id < i)` with an index seek.
macro_rules! within {
    ($select:expr, $direction:expr, $bounds:expr) => {{
        let (after, until): (Position, Position) = ($bounds.after, $bounds.until);
        let (first, last) = (after.id.as_bytes().to_vec(), until.id.as_bytes().to_vec());
        let at = messages::created_at;
        match $direction {
            Direction::Descending => $select
                .filter(at.le(after.created_at))
                .filter(at.lt(after.created_at).or(messages::id.lt(first)))
                .filter(at.ge(until.created_at))
                .filter(at.gt(until.created_at).or(messages::id.ge(last))),
            Direction::Ascending => $select
                .filter(at.ge(after.created_at))
                .filter(at.gt(after.created_at).or(messages::id.gt(first)))
                .filter(at.le(until.created_at))
                .filter(at.lt(until.created_at).or(messages::id.le(last))),
        }
    }};
}

/// Sorts a boxed statement of any backend by time.
macro_rules! by_time {
    ($select:expr, $direction:expr) => {
        match $direction {
            Direction::Descending => $select.order((messages::created_at.desc(), messages::id.desc())),
            Direction::Ascending => $select.order((messages::created_at.asc(), messages::id.asc())),
        }
    };
}

/// Defines the statements by time for one database.
macro_rules! for_database {
    ($page:ident, $end:ident, $Conn:ty, $Db:ty) => {
        fn $page(
            conn: &mut $Conn,
            part: &Part<'_>,
            digits: &str,
            visit: &mut dyn FnMut(&Row) -> bool,
        ) -> Result<Visited, Error> {
            let select = messages::table.select(COLUMNS).into_boxed::<$Db>();
            let mut select = by_time!(restrict!(select, part, digits), part.direction);
            if let Some(bounds) = &part.bounds {
                select = within!(select, part.direction, bounds);
            }
            let select = select.limit(part.limit).offset(part.offset);
            let mut visited = Visited::default();
            for row in select.load_iter::<Row, DefaultLoadingMode>(conn)? {
                if visited.take(&row?, visit) {
                    break;
                }
            }
            Ok(visited)
        }

        fn $end(
            conn: &mut $Conn,
            scope: &Scope,
            direction: Direction,
            bounds: Bounds,
            rows: i64,
        ) -> Result<Option<(i64, Vec<u8>)>, Error> {
            let select = messages::table
                .select((messages::created_at, messages::id))
                .into_boxed::<$Db>();
            let mut select = by_time!(within!(select, direction, bounds), direction);
            if let Scope::Project(project) = scope {
                select = select.filter(messages::project_id.eq(project));
            }
            Ok(select.limit(1).offset(rows - 1).first(conn).optional()?)
        }
    };
}

#[cfg(feature = "sqlite")]
for_database!(page_sqlite, end_sqlite, SqliteConnection, diesel::sqlite::Sqlite);
#[cfg(feature = "postgres")]
for_database!(page_postgres, end_postgres, PgConnection, diesel::pg::Pg);
#[cfg(feature = "mysql")]
for_database!(page_mysql, end_mysql, MysqlConnection, diesel::mysql::Mysql);

/// The position of the `rows`th message of the scope within the bounds, if there are so many.
pub(super) fn end(
    conn: &mut Conn,
    scope: &Scope,
    direction: Direction,
    bounds: Bounds,
    rows: u64,
) -> Result<Option<Position>, Error> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX).max(1);
    let found = match conn {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => end_sqlite(conn, scope, direction, bounds, rows)?,
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => end_postgres(conn, scope, direction, bounds, rows)?,
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => end_mysql(conn, scope, direction, bounds, rows)?,
    };
    found.map(ids::position).transpose()
}

/// Calls `visit` with the part of a list by time, for as long as it returns true.
pub(super) fn page(
    conn: &mut Conn,
    part: &Part<'_>,
    visit: &mut dyn FnMut(&Row) -> bool,
) -> Result<Visited, Error> {
    let digits = conn.id_digits();
    if !has_common_shape(part.query) {
        return in_any_order(conn, part, None, visit);
    }
    match conn {
        #[cfg(feature = "sqlite")]
        Conn::Sqlite(conn) => page_sqlite(conn, part, digits, visit),
        #[cfg(feature = "postgres")]
        Conn::Postgres(conn) => page_postgres(conn, part, digits, visit),
        #[cfg(feature = "mysql")]
        Conn::Mysql(conn) => page_mysql(conn, part, digits, visit),
    }
}

/// Adds everything that a part asks for, except its order, to a statement through the enum of connections.
macro_rules! restricted {
    ($select:expr, $part:expr, $digits:expr) => {{
        let part: &Part<'_> = $part;
        // A literal keeps the statement out of the cache.
        let mut select = restrict!($select, part, $digits).filter(sql::<Bool>("1 = 1"));
        for condition in &part.query.conditions {
            if matches!(
                condition,
                Condition::Ids(_) | Condition::In(..) | Condition::Contains(..) | Condition::Any(_)
            ) {
                select = select.filter(either::boxed(condition, $digits)?);
            }
        }
        match &part.bounds {
            Some(bounds) => within!(select, part.direction, bounds),
            None => select,
        }
    }};
}

/// Counts the messages of a part, regardless of its limit and offset.
pub(super) fn count(conn: &mut Conn, part: &Part<'_>) -> Result<i64, Error> {
    let digits = conn.id_digits();
    let select = messages::table.select(count_star()).into_boxed::<MultiBackend>();
    Ok(restricted!(select, part, digits).get_result(conn)?)
}

/// Calls `visit` with a part in the query's own order, after the marker, for as long as it returns true.
pub(super) fn in_any_order(
    conn: &mut Conn,
    part: &Part<'_>,
    marker: Option<&Row>,
    visit: &mut dyn FnMut(&Row) -> bool,
) -> Result<Visited, Error> {
    let digits = conn.id_digits();
    let select = messages::table.select(COLUMNS).into_boxed::<MultiBackend>();
    let mut select = restricted!(select, part, digits);
    if let Some(after) = marker.and_then(|row| sort::after(&part.query.order, row)) {
        select = select.filter(after);
    }
    for (column, direction) in &part.query.order {
        select = match (sort::key(*column), direction) {
            (Some(SortKey::Text(key)), Direction::Ascending) => select.then_order_by(key.asc()),
            (Some(SortKey::Text(key)), Direction::Descending) => select.then_order_by(key.desc()),
            (Some(SortKey::Number(key)), Direction::Ascending) => select.then_order_by(key.asc()),
            (Some(SortKey::Number(key)), Direction::Descending) => select.then_order_by(key.desc()),
            (Some(SortKey::Bytes(key)), Direction::Ascending) => select.then_order_by(key.asc()),
            (Some(SortKey::Bytes(key)), Direction::Descending) => select.then_order_by(key.desc()),
            (None, _) => select,
        };
    }
    let select = select.limit(part.limit).offset(part.offset);
    let mut visited = Visited::default();
    for row in select.load_iter::<Row, DefaultLoadingMode>(conn)? {
        if visited.take(&row?, visit) {
            break;
        }
    }
    Ok(visited)
}

/// The most conditions, other than those of time, of a statement that stays prepared. Five columns make 21 shapes, each in
/// two directions and for one project or all.
const MOST_CONDITIONS: usize = 2;

/// Whether the statement is worth keeping prepared.
fn has_common_shape(query: &Query) -> bool {
    let mut others = query
        .conditions
        .iter()
        .filter(|condition| !condition.is_of_time());
    others.clone().count() <= MOST_CONDITIONS && others.all(is_common)
}

/// Whether the condition is one of the few that tenants use.
fn is_common(condition: &Condition) -> bool {
    let Condition::Equals(column, _) = condition else {
        return false;
    };
    !matches!(column, Column::ProjectId | Column::ActionId | Column::DetailId)
}
