//! How far messages have been counted.

use diesel::prelude::*;

use crate::message::{Kept, Position};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::recorded_until;
use crate::store::tables::ids;

/// The id of the only row.
const ROW: i32 = 1;

/// The time of the position before anything is counted.
pub(super) const NONE: i64 = -i64::MAX;

/// The row of the table.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = recorded_until)]
pub(in crate::store) struct UntilRow {
    pub(in crate::store) id: i32,
    created_at: i64,
    message_id: Vec<u8>,
    turn: i64,
    hours_kept: i64,
    days_kept: i64,
}

/// Returns the last position that was counted.
pub(in crate::store) fn position(conn: &mut Conn) -> Result<Position, Error> {
    let row = recorded_until::table
        .find(ROW)
        .select((recorded_until::created_at, recorded_until::message_id));
    ids::position(row.first(conn)?)
}

/// Locks the position until the commit and returns it, with how long counts are kept.
///
/// The row is changed, not only locked: of two transactions on different nodes of a cluster, one fails and runs again.
pub(super) fn lock(conn: &mut Conn) -> Result<(Position, Kept), Error> {
    let row = recorded_until::table.find(ROW);
    diesel::update(row)
        .set(recorded_until::turn.eq(recorded_until::turn + 1))
        .execute(conn)?;
    let row: UntilRow = row.first(conn)?;
    let kept = Kept {
        hours: row.hours_kept,
        days: row.days_kept,
    };
    Ok((ids::position((row.created_at, row.message_id))?, kept))
}

/// Moves the locked position.
pub(super) fn write(conn: &mut Conn, position: Position, kept: Kept) -> Result<(), Error> {
    diesel::update(recorded_until::table.find(ROW))
        .set((
            recorded_until::created_at.eq(position.created_at),
            recorded_until::message_id.eq(position.id.as_bytes().to_vec()),
            recorded_until::hours_kept.eq(kept.hours),
            recorded_until::days_kept.eq(kept.days),
        ))
        .execute(conn)?;
    Ok(())
}
