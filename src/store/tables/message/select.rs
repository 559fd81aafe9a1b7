//! The statements of lists.
//!
//! Those by time with few and common conditions are built for the database at hand and stay prepared: each window of a walk
//! uses the same one. All others go through the enum of connections and are prepared anew each time: clients can cause
//! thousands of them, and MariaDB has one limit (`max_prepared_stmt_count`) for all clients.

use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::bounds::Bounds;
use super::condition::{self, not_a_text};
use super::row::{MessageRow, columns};
use super::sort::{self, SortKey};
use crate::message::{Column, Condition, Direction, Position, Query, Scope};
use crate::store::connection::{Conn, MultiBackend, with_backend};
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

fn visit_all(
    rows: impl Iterator<Item = QueryResult<MessageRow>>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<Visited, Error> {
    let mut visited = Visited::default();
    for row in rows {
        visited.rows += 1;
        visited.is_stopped = !visit(&row?);
        if visited.is_stopped {
            break;
        }
    }
    Ok(visited)
}

/// Restricts a boxed statement of any backend to the query's scope.
macro_rules! of_scope {
    ($select:expr, $query:expr) => {
        match &$query.scope {
            Scope::Project(project) => $select.filter(messages::project_id.eq(project)),
            // Several projects are read one by one. Should they ever come here, no other project's messages are shown.
            Scope::Projects(projects) => $select.filter(messages::project_id.eq_any(projects.iter())),
            Scope::All => $select,
        }
    };
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

/// The position of the `rows`th message of the scope within the bounds, if any.
pub(super) fn end(
    conn: &mut Conn,
    scope: &Scope,
    direction: Direction,
    bounds: Bounds,
    rows: u64,
) -> Result<Option<Position>, Error> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX).max(1);
    let found: Option<(i64, Vec<u8>)> = with_backend!(conn, (conn, Backend) => {
        let select = messages::table
            .select((messages::created_at, messages::id))
            .into_boxed::<Backend>();
        let mut select = by_time!(within!(select, direction, bounds), direction);
        if let Scope::Project(project) = scope {
            select = select.filter(messages::project_id.eq(project));
        }
        select.limit(1).offset(rows - 1).first(conn).optional()?
    });
    found.map(ids::position).transpose()
}

/// Calls `visit` with the part of a list by time, for as long as it returns true.
pub(super) fn page(
    conn: &mut Conn,
    part: &Part<'_>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<Visited, Error> {
    let Some(bounds) = part.bounds.as_ref().filter(|_| has_common_shape(part.query)) else {
        return in_any_order(conn, part, None, visit);
    };
    with_backend!(conn, (conn, Backend) => {
        let select = messages::table.select(columns()).into_boxed::<Backend>();
        let mut select = by_time!(of_scope!(select, part.query), part.direction);
        for condition in &part.query.conditions {
            // The bounds imply those of time.
            if let Condition::Equals(column, value) = condition {
                select = match column {
                    Column::EventId => select.filter(messages::event_id.eq(value)),
                    Column::RequestId => select.filter(messages::request_id.eq(value)),
                    Column::MessageLevel => select.filter(messages::message_level.eq(value)),
                    Column::ResourceType => select.filter(messages::resource_type.eq(value)),
                    Column::ResourceUuid => select.filter(messages::resource_uuid.eq(value)),
                    other => return Err(not_a_text(*other)),
                };
            }
        }
        let select = within!(select, part.direction, bounds);
        let select = select.limit(part.limit).offset(part.offset);
        visit_all(select.load_iter::<MessageRow, DefaultLoadingMode>(conn)?, visit)
    })
}

/// A statement of any shape, through the enum of connections.
type Boxed<'a, ST> = messages::BoxedQuery<'a, MultiBackend, ST>;

/// Adds everything that a part asks for, except its order.
fn restricted<'a, ST>(
    select: Boxed<'a, ST>,
    part: &'a Part<'_>,
    digits: &str,
) -> Result<Boxed<'a, ST>, Error> {
    // A literal keeps the statement out of the cache.
    let mut select = of_scope!(select, part.query).filter(sql::<Bool>("1 = 1"));
    for condition in &part.query.conditions {
        // The bounds imply those of time.
        if part.bounds.is_none() || !condition.is_of_time() {
            select = select.filter(condition::boxed(condition, digits)?);
        }
    }
    Ok(match &part.bounds {
        Some(bounds) => within!(select, part.direction, bounds),
        None => select,
    })
}

/// Counts the messages of a part, regardless of its limit and offset.
pub(super) fn count(conn: &mut Conn, part: &Part<'_>) -> Result<i64, Error> {
    let digits = conn.id_digits();
    let select = messages::table.select(count_star()).into_boxed::<MultiBackend>();
    Ok(restricted(select, part, digits)?.get_result(conn)?)
}

/// Sums up an expression over the messages of a part, regardless of its limit and offset.
pub(super) fn sum(conn: &mut Conn, expression: &str, part: &Part<'_>) -> Result<i64, Error> {
    let digits = conn.id_digits();
    let select = sql::<BigInt>(&format!("COALESCE({}, 0)", conn.sum(expression)));
    let select = messages::table.select(select).into_boxed::<MultiBackend>();
    Ok(restricted(select, part, digits)?.get_result(conn)?)
}

/// Calls `visit` with a part in the query's own order, after the marker, for as long as it returns true.
pub(super) fn in_any_order(
    conn: &mut Conn,
    part: &Part<'_>,
    marker: Option<&MessageRow>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<Visited, Error> {
    let digits = conn.id_digits();
    let select = messages::table.select(columns()).into_boxed::<MultiBackend>();
    let mut select = restricted(select, part, digits)?;
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
    visit_all(select.load_iter::<MessageRow, DefaultLoadingMode>(conn)?, visit)
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
    matches!(condition, Condition::Equals(column, _)
        if !matches!(column, Column::ProjectId | Column::ActionId | Column::DetailId))
}
