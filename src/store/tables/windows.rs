//! Walking an index in steps.
//!
//! A statement whose conditions match few rows may read any number of them before it answers, and SQLite's cannot be stopped.
//! So a walk first finds the end of its next window, from the index alone, and then reads only that window. Between two
//! windows it stops if its budget is spent or the caller is gone.

use crate::message::Position;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::read::Read;

/// The cost of the first window and of the longest, and the factor between two.
const FIRST: u64 = 256;
const LONGEST: u64 = 65_536;
const GROWTH: u64 = 4;

/// Rows of the shortest window.
const LEAST: u64 = 64;

/// A part of an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// It begins after this position.
    pub after: Position,
    /// Its last position; none if it extends to the end.
    pub until: Option<Position>,
    /// Its greatest number of rows.
    pub rows: u64,
}

/// The lengths of a walk's windows.
#[derive(Debug)]
pub(super) struct Steps {
    looks: u64,
}

/// Walks the rows after `after`, which cost `weight` each, for as long as `visit` returns true. `end` returns the position so
/// many rows after another.
pub(super) fn walk(
    read: &mut Read<'_>,
    weight: u64,
    mut after: Position,
    end: impl Fn(&mut Conn, Position, u64) -> Result<Option<Position>, Error>,
    mut visit: impl FnMut(&mut Conn, Window) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut steps = Steps::default();
    loop {
        let rows = steps.next(weight);
        read.spend(rows, weight)?;
        let until = end(read, after, rows)?;
        let wants_more = visit(read, Window { after, until, rows })?;
        let Some(until) = until.filter(|_| wants_more) else {
            return Ok(());
        };
        after = until;
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self { looks: FIRST }
    }
}

impl Steps {
    /// The number of rows of the next window, which cost `weight` each.
    pub(super) fn next(&mut self, weight: u64) -> u64 {
        let rows = (self.looks / weight.max(1)).max(LEAST);
        self.looks = (self.looks * GROWTH).min(LONGEST);
        rows
    }
}
