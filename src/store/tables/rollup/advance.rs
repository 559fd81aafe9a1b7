//! Counting messages in the order of their times.

use diesel::prelude::*;

use super::add::add;
use super::position::{NONE, lock, position, write};
use crate::message::{Kept, Position};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::message::tallied;
use crate::store::transaction::Tx;

/// The most messages that are counted in one transaction.
pub const BATCH: usize = 1000;

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
    let (from, _) = lock(conn)?;
    let rows = after!(tallied::columns(), from, until).limit(i64::try_from(BATCH).unwrap_or(i64::MAX));
    let tallied = tallied::load(rows.load(conn)?)?;
    if let Some(last) = tallied.last() {
        add(conn, tallied.iter(), kept, until)?;
        write(conn, last.position, kept)?;
    }
    Ok(tallied.len() == BATCH)
}

/// How far messages are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// When the last message was created that was counted in order, in microseconds since 1970; `None` if none was.
    pub position: Option<i64>,
    /// Whether there is a message that is to be counted next.
    pub is_due: bool,
}

/// Returns how far messages are counted that were created before `until` (microseconds since 1970).
pub fn progress(conn: &mut Conn, until: i64) -> Result<Progress, Error> {
    let from = position(conn)?;
    Ok(Progress {
        position: (from.created_at != NONE).then_some(from.created_at),
        is_due: next(conn, from, until)?,
    })
}

/// Returns the time up to which everything is counted, at most `until`; both in microseconds since 1970. `None` if counting
/// has not begun.
pub fn counted_until(conn: &mut Conn, until: i64) -> Result<Option<i64>, Error> {
    let Progress { position, is_due } = progress(conn, until)?;
    Ok(if is_due { position } else { Some(until) })
}

fn next(conn: &mut Conn, from: Position, until: i64) -> QueryResult<bool> {
    let next = after!(messages::id, from, until).limit(1);
    Ok(next.first::<Vec<u8>>(conn).optional()?.is_some())
}
