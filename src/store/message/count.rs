//! How many messages there are.

use diesel::prelude::*;
use uuid::Uuid;

use super::bounds::Bounds;
use super::select::{self, Part};
use crate::message::{Direction, Position, Query, Scope};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::read::{Counted, Read};
use crate::store::schema::messages;

/// How many messages there are.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(messages::table.count().get_result(conn)?)
}

/// One step of counting the messages of a project, or of all: of those behind a position, the oldest first.
pub(in crate::store) fn count_step(
    read: &mut Read<'_>,
    scope: &Scope,
    after: Position,
    rows: u64,
) -> Result<Counted<Position>, Error> {
    let direction = Direction::Ascending;
    let bounds = Bounds {
        after,
        until: Position {
            created_at: i64::MAX,
            id: Uuid::max(),
        },
    };
    if let Some(end) = select::end(read, scope, direction, bounds, rows)? {
        return Ok(Counted {
            rows,
            next: Some(end),
        });
    }
    let part = Part {
        query: &Query::newest(scope.clone(), 0),
        direction,
        bounds: Some(bounds),
        limit: 0,
        offset: 0,
    };
    Ok(Counted {
        rows: select::count(read, &part)?.unsigned_abs(),
        next: None,
    })
}
