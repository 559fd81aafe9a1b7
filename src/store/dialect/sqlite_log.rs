//! SQLite's write-ahead log: how long it is, and moving it into the database.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::store::error::Error;

/// Bytes of a page: SQLite's default, which the store keeps.
pub(in crate::store) const PAGE_SIZE: u64 = 4096;

/// The state of the write-ahead log, in bytes of pages.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct LogState {
    /// The part in use.
    pub length: u64,
    /// The part that the database has already.
    pub moved: u64,
}

impl LogState {
    /// What is still to be moved.
    pub(in crate::store) fn rest(self) -> u64 {
        self.length.saturating_sub(self.moved)
    }
}

/// Returns the length of the log and how much of it is moved.
pub(in crate::store) fn state(conn: &mut SqliteConnection) -> Result<LogState, Error> {
    let (_, length, moved) = checkpoint(conn, "NOOP")?;
    Ok(LogState {
        length: bytes(length),
        moved: bytes(moved),
    })
}

/// Moves as much of the log into the database as readers allow, without blocking anybody. Returns the bytes of it that are
/// moved now, or nothing if another process is moving it.
pub(in crate::store) fn move_beside_writers(conn: &mut SqliteConnection) -> Result<Option<u64>, Error> {
    let (_, _, moved) = checkpoint(conn, "PASSIVE")?;
    // SQLite reports -1 then.
    Ok((moved >= 0).then(|| bytes(moved)))
}

/// Moves the rest and lets the log start over, waiting up to `patience` for readers. `truncate` returns the file's space to
/// the disk. Returns whether it succeeded. The connection's busy timeout is 0 afterwards, as a writer's is.
pub(in crate::store) fn start_over(
    conn: &mut SqliteConnection,
    truncate: bool,
    patience: Duration,
) -> Result<bool, Error> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
    let done = checkpoint(conn, if truncate { "TRUNCATE" } else { "RESTART" });
    conn.batch_execute("PRAGMA busy_timeout = 0")?;
    let (is_busy, ..) = done?;
    Ok(is_busy == 0)
}

/// Whether something was in the way, the pages in the log, and those of them in the database.
fn checkpoint(conn: &mut SqliteConnection, mode: &str) -> Result<(i32, i32, i32), Error> {
    let pragma = format!("PRAGMA wal_checkpoint({mode})");
    Ok(sql::<(Integer, Integer, Integer)>(&pragma).get_result(conn)?)
}

fn bytes(pages: i32) -> u64 {
    u64::try_from(pages).unwrap_or(0) * PAGE_SIZE
}
