//! Counting messages.

use diesel::prelude::*;
use uuid::Uuid;

use super::bounds::Bounds;
use super::select::{self, Part};
use crate::message::{Direction, Position, Query, Scope};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::read::{CountStep, Read};
use crate::store::schema::messages;

/// Counts all messages.
pub fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(messages::table.count().get_result(conn)?)
}

/// One step of counting the messages of a scope: those after a position, the oldest first.
pub(in crate::store) fn count_step(
    read: &mut Read<'_>,
    scope: &Scope,
    after: Position,
    rows: u64,
) -> Result<CountStep<Position>, Error> {
    let direction = Direction::Ascending;
    let bounds = Bounds {
        after,
        until: Position {
            created_at: i64::MAX,
            id: Uuid::max(),
        },
    };
    if let Some(end) = select::end(read, scope, direction, bounds, rows)? {
        return Ok(CountStep {
            rows,
            next: Some(end),
        });
    }
    let query = Query::newest(scope.clone(), 0);
    let part = Part::within(&query, direction, bounds);
    Ok(CountStep {
        rows: select::count(read, &part)?.unsigned_abs(),
        next: None,
    })
}
