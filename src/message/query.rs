//! Queries for messages: filters, order, start and limit.

use std::sync::Arc;

use uuid::Uuid;

use super::state::StateFilter;

/// The projects of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One project.
    Project(String),
    /// Several projects: for domain admins.
    Projects(Arc<[String]>),
    /// All projects: for admins only.
    All,
}

impl Scope {
    /// Whether it includes a project.
    pub fn has(&self, project: &str) -> bool {
        match self {
            Self::Project(one) => one == project,
            Self::Projects(some) => some.iter().any(|one| one == project),
            Self::All => true,
        }
    }
}

/// The columns that block storage's clients may sort and filter by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the column of its name")]
pub enum Column {
    Id,
    ProjectId,
    RequestId,
    ResourceType,
    ResourceUuid,
    EventId,
    MessageLevel,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
    Deleted,
    ExpiresAt,
    DetailId,
    ActionId,
}

impl Column {
    /// Parses a column; names are case-sensitive.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "project_id" => Self::ProjectId,
            "request_id" => Self::RequestId,
            "resource_type" => Self::ResourceType,
            "resource_uuid" => Self::ResourceUuid,
            "event_id" => Self::EventId,
            "message_level" => Self::MessageLevel,
            "created_at" => Self::CreatedAt,
            "updated_at" => Self::UpdatedAt,
            "deleted_at" => Self::DeletedAt,
            "deleted" => Self::Deleted,
            "expires_at" => Self::ExpiresAt,
            "detail_id" => Self::DetailId,
            "action_id" => Self::ActionId,
            _ => return None,
        })
    }

    /// Whether every row has the same value: messages are never updated or soft-deleted.
    pub fn is_constant(self) -> bool {
        matches!(self, Self::UpdatedAt | Self::DeletedAt | Self::Deleted)
    }
}

/// A sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the two words say it")]
pub enum Direction {
    Ascending,
    Descending,
}

/// A condition on a row. All conditions of a query must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The text column equals this value.
    Equals(Column, String),
    /// The text column matches an SQL LIKE pattern (`%` and `_`, no escape), case-sensitively.
    Like(Column, String),
    /// The text column contains this text, case-sensitively and without wildcards.
    Contains(Column, String),
    /// The text column starts with this text, case-sensitively and without wildcards.
    StartsWith(Column, String),
    /// The id equals this one.
    Id(Uuid),
    /// The id is one of these.
    Ids(Vec<Uuid>),
    /// The time column equals this value, in microseconds.
    Time(Column, i64),
    /// The time column is at or after this time, in microseconds.
    Since(Column, i64),
    /// The time column is before this time, in microseconds.
    Before(Column, i64),
    /// The text column has one of these values.
    In(Column, Vec<String>),
    /// All conditions hold in at least one of these groups.
    Any(Vec<Vec<Condition>>),
    /// The message is in such a state for the user with this id.
    State(String, StateFilter),
}

impl Condition {
    /// Whether it is a condition on time.
    pub fn is_of_time(&self) -> bool {
        matches!(
            self,
            Self::Time(Column::CreatedAt, _)
                | Self::Since(Column::CreatedAt, _)
                | Self::Before(Column::CreatedAt, _)
        )
    }

    /// Returns the condition's position in a statement, cheap ones first. Sorted by it, the same filters give the same
    /// statement in whatever order a client sends them.
    pub fn rank(&self) -> (u8, Option<Column>) {
        match self {
            Self::Id(_) => (0, None),
            Self::Ids(_) => (1, None),
            Self::Equals(column, _) => (2, Some(*column)),
            Self::Time(column, _) => (3, Some(*column)),
            Self::Since(column, _) => (4, Some(*column)),
            Self::Before(column, _) => (5, Some(*column)),
            Self::In(column, _) => (6, Some(*column)),
            Self::Like(column, _) => (7, Some(*column)),
            Self::StartsWith(column, _) => (8, Some(*column)),
            Self::Contains(column, _) => (9, Some(*column)),
            Self::Any(_) => (10, None),
            Self::State(..) => (11, None),
        }
    }
}

/// A query for a list of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The projects.
    pub scope: Scope,
    /// The conditions, all of which must hold.
    pub conditions: Vec<Condition>,
    /// The columns to sort by, most important first; the order is always total.
    pub order: Vec<(Column, Direction)>,
    /// The page starts after this message.
    pub marker: Option<Uuid>,
    /// When the marker was recorded, in microseconds since 1970, if known: a list by time can then continue even if the
    /// marker was deleted.
    pub marker_at: Option<i64>,
    /// The most messages to return.
    pub limit: i64,
    /// How many to skip (after the marker).
    pub offset: i64,
}

impl Query {
    /// Returns the most common query: newest first, without conditions.
    pub fn newest(scope: Scope, limit: i64) -> Self {
        Self {
            scope,
            conditions: Vec::new(),
            order: Self::total(Vec::new()),
            marker: None,
            marker_at: None,
            limit,
            offset: 0,
        }
    }

    /// Makes an order total: appends `created_at` and `id` if absent, in the direction of the first column (as block
    /// storage does; newest first if there is none).
    pub fn total(mut order: Vec<(Column, Direction)>) -> Vec<(Column, Direction)> {
        let direction = order
            .first()
            .map_or(Direction::Descending, |(_, direction)| *direction);
        for column in [Column::CreatedAt, Column::Id] {
            if !order.iter().any(|(known, _)| *known == column) {
                order.push((column, direction));
            }
        }
        let mut seen = Vec::with_capacity(order.len());
        order.retain(|(column, _)| {
            !column.is_constant() && !seen.contains(column) && {
                seen.push(*column);
                true
            }
        });
        order
    }

    /// Whether an index leads straight to the page, however many messages there are.
    pub fn is_direct(&self) -> bool {
        let is_plain = self.has_all() && self.offset == 0 && self.by_time().is_some();
        is_plain || self.named().is_some()
    }

    /// Whether it selects everything in its index, or in one time range, so that no row is skipped.
    pub fn has_all(&self) -> bool {
        self.conditions.iter().all(Condition::is_of_time) && !matches!(self.scope, Scope::Projects(_))
    }

    /// Returns how many messages it names by id; `None` if it does not.
    pub fn named(&self) -> Option<usize> {
        self.conditions.iter().find_map(|condition| match condition {
            Condition::Id(_) => Some(1),
            Condition::Ids(ids) => Some(ids.len()),
            _ => None,
        })
    }

    /// Returns the direction of a plain order by time, which the clustered key serves.
    pub fn by_time(&self) -> Option<Direction> {
        match self.order.as_slice() {
            [(Column::CreatedAt, first), (Column::Id, second)] if first == second => Some(*first),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Direction::{Ascending, Descending};

    #[test]
    fn an_order_is_made_total_in_the_direction_of_its_first_column() {
        let order = Query::total(vec![
            (Column::EventId, Ascending),
            (Column::CreatedAt, Descending),
        ]);
        assert_eq!(
            order,
            [
                (Column::EventId, Ascending),
                (Column::CreatedAt, Descending),
                (Column::Id, Ascending)
            ]
        );
    }

    #[test]
    fn columns_that_never_differ_and_repeats_fall_out() {
        let order = Query::total(vec![
            (Column::Deleted, Ascending),
            (Column::Id, Ascending),
            (Column::Id, Descending),
        ]);
        assert_eq!(order, [(Column::Id, Ascending), (Column::CreatedAt, Ascending)]);
    }
}
