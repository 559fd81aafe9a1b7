//! Walking an index in steps.
//!
//! A statement whose conditions match few rows looks at any number of them before it answers, and SQLite's cannot be
//! stopped. So a walk first finds where its next window ends, which is a look at the index alone, and then asks of that
//! window only. Between two windows it stops when its budget is spent or nobody waits for it.

use super::backend::Conn;
use super::error::Error;
use super::read::Read;
use crate::message::Position;

/// Looks of the first window and of the longest, and how much longer each is than the one before.
const FIRST: u64 = 256;
const LONGEST: u64 = 65_536;
const GROWTH: u64 = 4;

/// Rows of the shortest window.
const LEAST: u64 = 64;

/// A part of an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// It begins behind this place.
    pub after: Position,
    /// Its last place; none where it goes on to the end.
    pub until: Option<Position>,
    /// Its rows, at most.
    pub rows: u64,
}

/// How long the windows of a walk are.
#[derive(Debug)]
pub(super) struct Steps {
    looks: u64,
}

/// Walks behind `after`, over rows of some weight, for as long as `visit` wants more. `end` gives the place so many rows
/// behind another.
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
        read.look(rows, weight)?;
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
    /// Rows of the next window, where each is as dear as `weight` plain ones.
    pub(super) fn next(&mut self, weight: u64) -> u64 {
        let rows = (self.looks / weight.max(1)).max(LEAST);
        self.looks = (self.looks * GROWTH).min(LONGEST);
        rows
    }
}
