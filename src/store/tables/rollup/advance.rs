//! Counting messages in the order of their times.

use diesel::prelude::*;

use super::add::add;
use super::position::{self, Kept};
use crate::message::Position;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::message::tallied;
use crate::store::transaction::Tx;

/// The most messages that are counted in one transaction.
const BATCH: usize = 1000;

/// The messages after a position that were created before a time, in order.
macro_rules! after {
    ($select:expr, $position:expr, $until:expr) => {
        messages::table
            .select($select)
            .filter(messages::created_at.ge($position.created_at))
            .filter(
                messages::created_at
                    .gt($position.created_at)
                    .or(messages::id.gt($position.id.as_bytes().to_vec())),
            )
            .filter(messages::created_at.lt($until))
            .order((messages::created_at.asc(), messages::id.asc()))
    };
}

/// Counts the next messages that were created before `until` (microseconds since 1970), and moves the position behind them.
/// Returns whether there may be more. `until` must be so long ago that no message of an earlier time is still being written.
pub fn advance(tx: &mut Tx<'_>, until: i64, kept: Kept) -> Result<bool, Error> {
    let conn = tx.conn();
    let (from, _) = position::lock(conn)?;
    let rows = after!(tallied::columns(), from, until).limit(i64::try_from(BATCH).unwrap_or(i64::MAX));
    let tallied = tallied::load(rows.load(conn)?)?;
    if let Some(last) = tallied.last() {
        add(conn, tallied.iter(), kept)?;
        position::write(conn, last.position, kept)?;
    }
    Ok(tallied.len() == BATCH)
}

/// Whether a message that was created before `until` (microseconds since 1970) is not counted yet.
pub fn is_due(conn: &mut Conn, until: i64) -> Result<bool, Error> {
    let from = position::position(conn)?;
    Ok(next(conn, from, until)?)
}

/// Returns the time up to which everything is counted, at most `until`; both in microseconds since 1970.
pub fn counted_until(conn: &mut Conn, until: i64) -> Result<i64, Error> {
    let from = position::position(conn)?;
    Ok(if next(conn, from, until)? {
        from.created_at
    } else {
        until
    })
}

fn next(conn: &mut Conn, from: Position, until: i64) -> QueryResult<bool> {
    let next = after!(messages::id, from, until).limit(1);
    Ok(next.first::<Vec<u8>>(conn).optional()?.is_some())
}
