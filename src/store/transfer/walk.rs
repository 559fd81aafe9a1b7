//! Two tables side by side, in the order of their keys.

use std::cmp::Ordering;
use std::vec;

use super::table::Table;
use crate::store::backend::Conn;
use crate::store::error::Error;

/// What is found of one key.
pub(super) enum Found<T> {
    /// Only the source has it.
    Missing(T),
    /// Only the target has it.
    Foreign(T),
    /// Both have it, with other contents.
    Different { source: T, target: T },
    /// Both have it as it is.
    Same(T),
}

impl<T> Found<T> {
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

pub(super) struct Walk<'a, T> {
    source: Cursor<'a, T>,
    target: Cursor<'a, T>,
}

impl<'a, T: Table> Walk<'a, T> {
    pub(super) fn new(source: Cursor<'a, T>, target: Cursor<'a, T>) -> Self {
        Self { source, target }
    }

    /// Whether no key can be met any more that the target has.
    pub(super) fn is_past_target(&self) -> bool {
        self.target.is_at_end
    }

    /// The next key that either of them has.
    ///
    /// The target's next page is read before a row of the source is given out that lies in it, so what is inserted on
    /// the way is not met again.
    pub(super) fn next(&mut self) -> Result<Option<Found<T>>, Error> {
        let order = match (self.source.peek()?, self.target.peek()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(source), Some(target)) => source.key().cmp(target.key()),
        };
        Ok(match order {
            Ordering::Less => self.source.take().map(Found::Missing),
            Ordering::Greater => self.target.take().map(Found::Foreign),
            Ordering::Equal => self.source.take().zip(self.target.take()).map(both),
        })
    }
}

fn both<T: Table>((source, target): (T, T)) -> Found<T> {
    if source == target {
        Found::Same(source)
    } else {
        Found::Different { source, target }
    }
}

/// A way through one table.
pub(super) struct Cursor<'a, T> {
    conn: &'a mut Conn,
    now: i64,
    page: vec::IntoIter<T>,
    /// The last key of the page.
    last: Vec<u8>,
    is_at_end: bool,
}

/// Rows that are read at a time.
const PAGE: i64 = 1000;

impl<'a, T: Table> Cursor<'a, T> {
    pub(super) fn new(conn: &'a mut Conn, now: i64) -> Self {
        Self {
            conn,
            now,
            page: Vec::new().into_iter(),
            // Every key comes after it.
            last: Vec::new(),
            is_at_end: false,
        }
    }

    fn peek(&mut self) -> Result<Option<&T>, Error> {
        if self.page.len() == 0 && !self.is_at_end {
            let page = T::page(self.conn, &self.last, self.now, PAGE)?;
            match page.last() {
                Some(last) => self.last = last.key().to_vec(),
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
