//! The time range that a list is restricted to.

use uuid::Uuid;

use crate::message::{Column, Condition, Direction, Position, Query, Scope};

/// A range of positions: after `after`, up to and including `until`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) after: Position,
    pub(super) until: Position,
}

impl Bounds {
    /// The range that the query's times and its marker allow.
    pub(super) fn of(query: &Query, direction: Direction, marker: Option<Position>) -> Self {
        let (first, last) = times(query);
        match direction {
            Direction::Ascending => {
                let start = Position {
                    created_at: first.saturating_sub(1),
                    id: Uuid::max(),
                };
                Self {
                    after: marker.map_or(start, |marker| marker.max(start)),
                    until: Position {
                        created_at: last,
                        id: Uuid::max(),
                    },
                }
            }
            Direction::Descending => {
                let start = Position::at(last.saturating_add(1));
                Self {
                    after: marker.map_or(start, |marker| marker.min(start)),
                    until: Position::at(first),
                }
            }
        }
    }
}

/// The first and the last time that the query's conditions allow.
fn times(query: &Query) -> (i64, i64) {
    let (mut first, mut last) = (i64::MIN, i64::MAX);
    for condition in &query.conditions {
        match condition {
            Condition::Time(Column::CreatedAt, at) => (first, last) = (first.max(*at), last.min(*at)),
            Condition::Since(Column::CreatedAt, at) => first = first.max(*at),
            Condition::Before(Column::CreatedAt, at) => last = last.min(at.saturating_sub(1)),
            _ => {}
        }
    }
    (first, last)
}

/// The scopes whose indexes are walked: that of a project that an admin filters by, or each of several projects.
pub(super) fn scopes(query: &Query) -> Vec<Scope> {
    let project = query.conditions.iter().find_map(|condition| match condition {
        Condition::Equals(Column::ProjectId, project) => Some(project),
        _ => None,
    });
    let one = |project: &String| Scope::Project(project.clone());
    match (&query.scope, project) {
        (Scope::All, Some(project)) => vec![one(project)],
        (Scope::Projects(projects), Some(project)) => {
            let wanted = projects.iter().filter(|known| *known == project);
            wanted.take(1).map(one).collect()
        }
        (Scope::Projects(projects), None) => projects.iter().map(one).collect(),
        (scope, _) => vec![scope.clone()],
    }
}
