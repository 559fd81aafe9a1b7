//! A page in an order other than that of time.
//!
//! No index has such an order, so all messages of the scope are read, window by window, and the first of all are kept. A page
//! of messages listed by id reads only those.

use super::bounds::{self, Bounds};
use super::row::MessageRow;
use super::select::{self, Part};
use super::{sort, weight};
use crate::message::{Direction, Query, Scope};
use crate::store::connection::Conn;
use crate::store::error::{Error, too_deep};
use crate::store::read::Read;
use crate::store::tables::windows;

/// The cost of sorting a row, in plain rows, beside that of comparing it.
const SORTING: u64 = 8;

/// The most messages to keep in memory, including those that the offset skips.
const MOST_KEPT: usize = 100_000;

/// The direction of the windows makes no difference.
const DIRECTION: Direction = Direction::Descending;

/// The first messages of those read so far.
struct Top<'q> {
    query: &'q Query,
    most: usize,
    most_bytes: usize,
    /// In order.
    rows: Vec<MessageRow>,
    is_full: bool,
}

/// Calls `visit` with each message of the page after the marker, for as long as it returns true.
pub(super) fn page(
    read: &mut Read<'_>,
    query: &Query,
    marker: Option<&MessageRow>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<(), Error> {
    let weight = SORTING + weight::of(&query.conditions);
    if let Some(named) = query.named() {
        read.spend(u64::try_from(named).unwrap_or(u64::MAX), weight)?;
        return by_ids(read, query, marker, visit);
    }
    let all = Bounds::of(query, DIRECTION, None);
    let scopes = bounds::scopes(query);
    // A scope that is too large is refused at once.
    let too_many = read.reach(weight).saturating_add(1);
    if let [scope] = scopes.as_slice()
        && select::end(read, scope, DIRECTION, all, too_many)?.is_some()
    {
        return Err(read.exhausted());
    }
    let most = query.limit.saturating_add(query.offset);
    let mut top = Top {
        query,
        most: usize::try_from(most).unwrap_or(usize::MAX),
        most_bytes: read.most_bytes(),
        rows: Vec::new(),
        is_full: false,
    };
    for scope in scopes {
        let asked = Query {
            scope: scope.clone(),
            ..query.clone()
        };
        let end = |conn: &mut Conn, after, rows| {
            select::end(conn, &scope, DIRECTION, Bounds { after, ..all }, rows)
        };
        windows::walk(read, weight, all.after, end, |conn, window| {
            let bounds = Bounds {
                after: window.after,
                until: window.until.unwrap_or(all.until),
            };
            let part = Part {
                limit: most,
                ..Part::within(&asked, DIRECTION, bounds)
            };
            top.take(conn, &part, marker)?;
            Ok(!top.is_full)
        })?;
        if top.is_full {
            return Err(full(query));
        }
    }
    let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
    for row in top.rows.iter().skip(offset) {
        if !visit(row) {
            break;
        }
    }
    Ok(())
}

impl Top<'_> {
    /// Takes the messages of a window that are among the first.
    fn take(&mut self, conn: &mut Conn, part: &Part<'_>, marker: Option<&MessageRow>) -> Result<(), Error> {
        let order = &self.query.order;
        let known = self.rows.len();
        let (rows, most, most_bytes) = (&mut self.rows, self.most, self.most_bytes);
        let mut bytes = 0;
        select::in_any_order(conn, part, marker, &mut |row| {
            // The window's messages come in order, so all after one that is too late are as well.
            let is_late = known >= most && sort::compare(order, row, &rows[known - 1]).is_ge();
            if !is_late {
                bytes += row.size();
                rows.push(row.clone());
            }
            !is_late && bytes <= most_bytes
        })?;
        if rows.len() > known {
            rows.sort_by(|one, other| sort::compare(order, one, other));
            rows.truncate(most);
            let kept: usize = rows.iter().map(MessageRow::size).sum();
            self.is_full = rows.len() > MOST_KEPT || bytes.max(kept) > most_bytes;
        }
        Ok(())
    }
}

/// The error when there are more messages than can be kept.
fn full(query: &Query) -> Error {
    match query.offset {
        0 => Error::Exhausted("too many messages would have to be sorted".to_owned()),
        offset => too_deep(offset),
    }
}

/// A page of messages listed by id. The statement has no other condition, so that no database scans the scope instead; scope,
/// offset and limit are applied to its rows.
fn by_ids(
    conn: &mut Conn,
    query: &Query,
    marker: Option<&MessageRow>,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<(), Error> {
    let unscoped = Query {
        scope: Scope::All,
        ..query.clone()
    };
    let part = Part {
        query: &unscoped,
        direction: DIRECTION,
        bounds: None,
        limit: i64::MAX,
        offset: 0,
    };
    let (mut to_skip, mut left) = (query.offset, query.limit);
    select::in_any_order(conn, &part, marker, &mut |row| {
        if !query.scope.has(row.project_id()) {
            return true;
        }
        if to_skip > 0 {
            to_skip -= 1;
            return true;
        }
        left -= 1;
        visit(row) && left > 0
    })?;
    Ok(())
}
