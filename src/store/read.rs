//! A read: a connection, and a budget of rows.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::connection::Conn;
use super::error::Error;
use crate::telemetry::ReadMetrics;

/// Rows that can be counted within milliseconds.
const STEP: u64 = 50_000;

/// The budget of one read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows that it may read. A row that is compared with many patterns counts as several.
    pub rows: u64,
    /// Bytes of the rows that it may keep in memory, to sort or to merge them.
    pub bytes: usize,
    /// Rows that one statement counts; more are counted in several reads.
    pub step: u64,
    /// How long it may take, including its wait for a thread; unlimited if none.
    pub time: Option<Duration>,
}

impl Limits {
    /// For an operator's own commands, which delay no other caller.
    pub const NONE: Self = Self {
        rows: u64::MAX,
        bytes: usize::MAX,
        step: STEP,
        time: None,
    };
}

impl Default for Limits {
    /// Enough to search a project of a million messages twice for a few words; a slow search ends by its time.
    fn default() -> Self {
        Self {
            rows: 20_000_000,
            bytes: 32 << 20,
            step: STEP,
            time: Some(Duration::from_secs(10)),
        }
    }
}

/// The result of one step of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CountStep<P> {
    /// The rows of the step.
    pub rows: u64,
    /// Where the next step begins; none at the end.
    pub next: Option<P>,
}

/// A reader's connection and the remaining budget. It dereferences to the connection.
pub struct Read<'a> {
    conn: &'a mut Conn,
    spent: u64,
    left: u64,
    most_bytes: usize,
    is_wanted: &'a dyn Fn() -> bool,
    metrics: &'a ReadMetrics,
}

impl<'a> Read<'a> {
    pub(super) fn new(
        conn: &'a mut Conn,
        limits: Limits,
        is_wanted: &'a dyn Fn() -> bool,
        metrics: &'a ReadMetrics,
    ) -> Self {
        Self {
            conn,
            spent: 0,
            left: limits.rows,
            most_bytes: limits.bytes,
            is_wanted,
            metrics,
        }
    }

    /// Spends the budget for `rows` rows that cost `weight` each.
    ///
    /// # Errors
    /// [`Error::Exhausted`] if the budget does not suffice, [`Error::Busy`] if the caller no longer waits for the answer.
    pub fn spend(&mut self, rows: u64, weight: u64) -> Result<(), Error> {
        if !(self.is_wanted)() {
            return Err(Error::Busy(
                "the caller no longer waits for the answer".to_owned(),
            ));
        }
        let cost = rows.saturating_mul(weight);
        self.left = self.left.checked_sub(cost).ok_or_else(|| self.exhausted())?;
        self.spent = self.spent.saturating_add(rows);
        self.metrics.rows.inc_by(rows);
        Ok(())
    }

    /// Counts the rows of a read that is short in any case in the metrics.
    pub(super) fn note(&self, rows: u64) {
        self.metrics.rows.inc_by(rows);
    }

    /// The rows of this weight that the budget still allows.
    pub(super) fn reach(&self, weight: u64) -> u64 {
        self.left / weight.max(1)
    }

    /// Bytes of the rows that may be kept in memory.
    pub(super) fn most_bytes(&self) -> usize {
        self.most_bytes
    }

    /// The error when the budget does not suffice.
    pub(super) fn exhausted(&self) -> Error {
        Error::Exhausted(match self.spent {
            0 => "too many messages would have to be sorted".to_owned(),
            spent => format!("it had read {spent} rows"),
        })
    }
}

impl Deref for Read<'_> {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        self.conn
    }
}

impl DerefMut for Read<'_> {
    fn deref_mut(&mut self) -> &mut Conn {
        self.conn
    }
}
