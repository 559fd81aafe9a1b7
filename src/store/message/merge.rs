//! A page of the messages of several projects in the order of time, each read by its own index.
//!
//! Every project is read piece by piece, the one first that can have the next message. So a project without matches is
//! looked at no further back than the page reaches.

use std::collections::{BinaryHeap, VecDeque};

use super::bounds::Bounds;
use super::row::Row;
use super::select::{self, Part};
use super::weight;
use crate::message::{Direction, Position, Query, Scope};
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::windows::Steps;

/// Messages that are kept until it is their turn, of all projects together. Each project has one, whatever their bytes.
const MOST_KEPT: i64 = 20_000;

/// One of the projects.
struct Source {
    scope: Scope,
    /// What comes up to this place was read.
    after: Position,
    /// Read, but not visited.
    rows: VecDeque<Row>,
    /// The rest of the window in which messages are looked for; none where a new one begins.
    window: Option<Window>,
    steps: Steps,
    is_done: bool,
}

#[derive(Clone, Copy)]
struct Window {
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

/// Calls `visit` with each message of the page, for as long as it wants more. The query's own scope plays no part.
pub(super) fn walk(
    read: &mut Read<'_>,
    query: &Query,
    scopes: Vec<Scope>,
    direction: Direction,
    bounds: Bounds,
    visit: &mut dyn FnMut(&Row) -> bool,
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
    let mut turns: BinaryHeap<_> = (0..sources.len()).map(|index| (first, index)).collect();
    while let Some((_, index)) = turns.pop() {
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
        if let Some(next) = source.next() {
            turns.push((rank(direction, next), index));
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

    /// The place of its next message, or one in front of it; none at the end.
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
        let part = Part {
            query: &plan.query,
            direction: plan.direction,
            bounds: Some(Bounds {
                after: self.after,
                until: window.until,
            }),
            limit: plan.piece,
            offset: 0,
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

    /// The part of the index in which its next piece is looked for: all of the rest, where every message matches.
    fn next_window(&mut self, read: &mut Read<'_>, plan: &Plan) -> Result<Window, Error> {
        let rest = Window {
            until: plan.until,
            is_last: true,
        };
        if plan.query.has_all() {
            read.look(plan.piece.unsigned_abs(), plan.weight)?;
            return Ok(rest);
        }
        let rows = self.steps.next(plan.weight);
        read.look(rows, plan.weight)?;
        let bounds = Bounds {
            after: self.after,
            until: plan.until,
        };
        let end = select::end(read, &self.scope, plan.direction, bounds, rows)?;
        Ok(end.map_or(rest, |until| Window {
            until,
            is_last: false,
        }))
    }
}

/// Whose turn is earlier has a greater rank.
fn rank(direction: Direction, place: Position) -> (i64, u128) {
    let (created_at, id) = (place.created_at, place.id.as_u128());
    match direction {
        Direction::Descending => (created_at, id),
        Direction::Ascending => (!created_at, !id),
    }
}
