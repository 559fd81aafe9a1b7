//! How many messages there are, counted no further than somebody needs to know.

use diesel::prelude::*;
use uuid::Uuid;

use super::bounds::Bounds;
use super::select::{self, Part};
use crate::message::{Direction, Position, Query, Scope};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::messages;

/// Messages that one step counts.
const STEP: u64 = 50_000;

/// A part of the number of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// How many the step found.
    pub rows: u64,
    /// Where the next step goes on; none at the end.
    pub until: Option<Position>,
}

/// How many messages there are.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(messages::table.count().get_result(conn)?)
}

/// One step of counting the messages: of those behind a position, the oldest first.
pub fn count_step(read: &mut Read<'_>, after: Position) -> Result<Counted, Error> {
    let all = Bounds {
        after,
        until: Position {
            created_at: i64::MAX,
            id: Uuid::max(),
        },
    };
    let until = select::end(read, &Scope::All, Direction::Ascending, all, STEP)?;
    let rows = match until {
        Some(_) => STEP,
        None => exactly(read, Scope::All, Direction::Ascending, all)?,
    };
    read.note(rows);
    Ok(Counted { rows, until })
}

/// How many messages a project has, if that is fewer than `most`; otherwise `most`.
pub fn count_up_to(read: &mut Read<'_>, project: &str, most: u64) -> Result<u64, Error> {
    let scope = Scope::Project(project.to_owned());
    let direction = Direction::Descending;
    let all = Bounds::of(&Query::newest(scope.clone(), 0), direction, None);
    if select::end(read, &scope, direction, all, most)?.is_some() {
        return Ok(most);
    }
    exactly(read, scope, direction, all)
}

fn exactly(conn: &mut Conn, scope: Scope, direction: Direction, bounds: Bounds) -> Result<u64, Error> {
    let part = Part {
        query: &Query::newest(scope, 0),
        direction,
        bounds: Some(bounds),
        limit: 0,
        offset: 0,
    };
    Ok(select::count(conn, &part)?.unsigned_abs())
}

/// How many messages expired before `before`, in microseconds.
pub fn count_expired(conn: &mut Conn, before: i64) -> Result<i64, Error> {
    Ok(messages::table
        .filter(messages::expires_at.lt(before))
        .count()
        .get_result(conn)?)
}
