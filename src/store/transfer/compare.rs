//! Two tables side by side, in the order of their keys.

use std::cmp::Ordering;
use std::vec;

use super::table::Table;
use crate::store::connection::Conn;
use crate::store::error::Error;

/// The rows of one key.
pub(super) enum Comparison<T> {
    /// Only the source has a row.
    Missing(T),
    /// Only the target has a row.
    Foreign(T),
    /// Both have a row, with different contents.
    Different { source: T, target: T },
    /// Both have the same row.
    Same(T),
}

impl<T> Comparison<T> {
    pub(super) fn source(&self) -> Option<&T> {
        match self {
            Self::Missing(row) | Self::Same(row) | Self::Different { source: row, .. } => Some(row),
            Self::Foreign(_) => None,
        }
    }

    pub(super) fn target(&self) -> Option<&T> {
        match self {
            Self::Foreign(row) | Self::Same(row) | Self::Different { target: row, .. } => Some(row),
            Self::Missing(_) => None,
        }
    }
}

pub(super) struct SideBySide<'a, T: Table> {
    source: Cursor<'a, T>,
    target: Cursor<'a, T>,
}

impl<'a, T: Table> SideBySide<'a, T> {
    pub(super) fn new(source: &'a mut Conn, target: &'a mut Conn, now: i64) -> Self {
        Self {
            source: Cursor::new(source, now),
            target: Cursor::new(target, now),
        }
    }

    /// Whether the target has no further keys.
    pub(super) fn is_past_target(&self) -> bool {
        self.target.is_at_end
    }

    /// The next key that either of them has.
    ///
    /// The target's next page is read before a row of the source that lies in it is returned, so rows that are inserted
    /// meanwhile do not appear again.
    pub(super) fn next(&mut self) -> Result<Option<Comparison<T>>, Error> {
        let order = match (self.source.peek()?, self.target.peek()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(target)) => source.key().cmp(&target.key()),
        };
        Ok(match order {
            Ordering::Less => self.source.take().map(Comparison::Missing),
            Ordering::Greater => self.target.take().map(Comparison::Foreign),
            Ordering::Equal => self.source.take().zip(self.target.take()).map(both),
        })
    }
}

fn both<T: Table>((source, target): (T, T)) -> Comparison<T> {
    if source == target {
        Comparison::Same(source)
    } else {
        Comparison::Different { source, target }
    }
}

/// A position in one table.
struct Cursor<'a, T: Table> {
    conn: &'a mut Conn,
    now: i64,
    page: vec::IntoIter<T>,
    /// The last key of the page.
    last: T::Key,
    is_at_end: bool,
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

impl<'a, T: Table> Cursor<'a, T> {
    fn new(conn: &'a mut Conn, now: i64) -> Self {
        Self {
            conn,
            now,
            page: Vec::new().into_iter(),
            last: T::FIRST,
            is_at_end: false,
        }
    }

    fn peek(&mut self) -> Result<Option<&T>, Error> {
        if self.page.len() == 0 && !self.is_at_end {
            let page = T::page(self.conn, &self.last, self.now, PAGE)?;
            match page.last() {
                Some(last) => self.last = last.key(),
                None => self.is_at_end = true,
            }
            self.page = page.into_iter();
        }
        Ok(self.page.as_slice().first())
    }

    fn take(&mut self) -> Option<T> {
        self.page.next()
    }
}
