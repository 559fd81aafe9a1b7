//! A page of the messages of several projects ordered by time, each read by its own index.
//!
//! Projects are read piece by piece, next the one that can have the next message. So a project without matches is searched no
//! further back than the page reaches.

use std::collections::{BinaryHeap, VecDeque};

use super::bounds::Bounds;
use super::row::MessageRow;
use super::select::{self, Part};
use super::weight;
use crate::message::{Direction, Position, Query, Scope};
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::tables::windows::Steps;

/// The most messages kept in memory, of all projects together. Each project may keep one of any size.
const MOST_KEPT: i64 = 20_000;

/// One of the projects.
struct Source {
    scope: Scope,
    /// Everything up to this position was read.
    after: Position,
    /// Read but not yet visited.
    rows: VecDeque<MessageRow>,
    /// The rest of the current window; none where a new one begins.
    window: Option<Rest>,
    steps: Steps,
    is_done: bool,
}

#[derive(Clone, Copy)]
struct Rest {
    until: Position,
    is_last: bool,
}

/// How each project is read.
struct Plan {
    query: Query,
    direction: Direction,
    until: Position,
    weight: u64,
    /// Messages of one statement.
    piece: i64,
    /// Bytes of messages from which a piece ends.
    bytes: usize,
}

/// Calls `visit` with each message of the page, for as long as it returns true. The query's own scope is ignored.
pub(super) fn walk(
    read: &mut Read<'_>,
    query: &Query,
    scopes: Vec<Scope>,
    direction: Direction,
    bounds: Bounds,
    visit: &mut dyn FnMut(&MessageRow) -> bool,
) -> Result<(), Error> {
    let count = i64::try_from(scopes.len()).unwrap_or(i64::MAX).max(1);
    let share = query.limit.saturating_add(query.offset).saturating_mul(2) / count;
    let mut plan = Plan {
        query: query.clone(),
        direction,
        until: bounds.until,
        weight: weight::of(&query.conditions),
        piece: share.saturating_add(1).min(MOST_KEPT / count).max(1),
        bytes: read.most_bytes() / scopes.len().max(1),
    };
    let (mut limit, mut offset) = (query.limit, query.offset);
    let mut sources: Vec<Source> = scopes
        .into_iter()
        .map(|scope| Source::new(scope, bounds.after))
        .collect();
    let first = rank(direction, bounds.after);
    let mut next: BinaryHeap<_> = (0..sources.len()).map(|index| (first, index)).collect();
    while let Some((_, index)) = next.pop() {
        let source = &mut sources[index];
        match source.rows.pop_front() {
            Some(_) if offset > 0 => offset -= 1,
            Some(row) => {
                limit -= 1;
                if !visit(&row) || limit <= 0 {
                    return Ok(());
                }
            }
            None => source.read_on(read, &mut plan)?,
        }
        if let Some(position) = source.next() {
            next.push((rank(direction, position), index));
        }
    }
    Ok(())
}

impl Source {
    fn new(scope: Scope, after: Position) -> Self {
        Self {
            scope,
            after,
            rows: VecDeque::new(),
            window: None,
            steps: Steps::default(),
            is_done: false,
        }
    }

    /// The position of its next message, or an earlier one; none at the end.
    fn next(&self) -> Option<Position> {
        match self.rows.front() {
            Some(row) => Some(row.position()),
            None => Some(self.after).filter(|_| !self.is_done),
        }
    }

    /// Reads its next piece.
    fn read_on(&mut self, read: &mut Read<'_>, plan: &mut Plan) -> Result<(), Error> {
        plan.query.scope.clone_from(&self.scope);
        let window = match self.window {
            Some(window) => window,
            None => self.next_window(read, plan)?,
        };
        let bounds = Bounds {
            after: self.after,
            until: window.until,
        };
        let part = Part {
            limit: plan.piece,
            ..Part::within(&plan.query, plan.direction, bounds)
        };
        let (rows, mut bytes) = (&mut self.rows, 0);
        let found = select::page(read, &part, &mut |row| {
            bytes += row.size();
            rows.push_back(row.clone());
            bytes < plan.bytes
        })?;
        let is_full = found.is_stopped || found.rows == plan.piece;
        match self.rows.back() {
            // The rest of the window comes with the next piece.
            Some(last) if is_full => {
                self.after = last.position();
                self.window = Some(window).filter(|_| !plan.query.has_all());
            }
            _ => {
                self.after = window.until;
                self.window = None;
                self.is_done = window.is_last;
            }
        }
        Ok(())
    }

    /// The part of the index to search for its next piece: everything that is left, if every message matches.
    fn next_window(&mut self, read: &mut Read<'_>, plan: &Plan) -> Result<Rest, Error> {
        let rest = Rest {
            until: plan.until,
            is_last: true,
        };
        if plan.query.has_all() {
            read.spend(plan.piece.unsigned_abs(), plan.weight)?;
            return Ok(rest);
        }
        let rows = self.steps.next(plan.weight);
        read.spend(rows, plan.weight)?;
        let bounds = Bounds {
            after: self.after,
            until: plan.until,
        };
        let end = select::end(read, &self.scope, plan.direction, bounds, rows)?;
        Ok(end.map_or(rest, |until| Rest {
            until,
            is_last: false,
        }))
    }
}

/// The position that comes first has the greatest rank.
fn rank(direction: Direction, position: Position) -> (i64, u128) {
    let (created_at, id) = (position.created_at, position.id.as_u128());
    match direction {
        Direction::Descending => (created_at, id),
        Direction::Ascending => (!created_at, !id),
    }
}
