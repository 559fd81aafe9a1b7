//! Any columns as sort keys, and the condition that a row comes after the marker.
//!
//! NULL counts as the empty text or the least time, in the order as in the condition, so that paging over a nullable column
//! neither skips nor repeats a row, on every database alike.

use std::cmp::Ordering;

use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};

use super::row::MessageRow;
use crate::message::{Column, Direction};
use crate::store::connection::MultiBackend;
use crate::store::schema::messages;

type Boxed<T> = Box<dyn BoxableExpression<messages::table, MultiBackend, SqlType = T>>;

/// A column in the form that it is sorted by.
pub(super) enum SortKey {
    Text(Boxed<Text>),
    Number(Boxed<BigInt>),
    Bytes(Boxed<Binary>),
}

/// A row's value of a column, ordered by bytes as in every database.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortValue<'r> {
    Text(&'r str),
    Number(i64),
    Bytes(&'r [u8]),
}

const NULL_TEXT: &str = "";
const NULL_TIME: i64 = i64::MIN;

#[diesel::declare_sql_function]
extern "SQL" {
    #[sql_name = "coalesce"]
    fn text_or(value: Nullable<Text>, otherwise: Text) -> Text;
    #[sql_name = "coalesce"]
    fn time_or(value: Nullable<BigInt>, otherwise: BigInt) -> BigInt;
}

/// The sort key of a column; none if all rows are equal in it.
pub(super) fn key(column: Column) -> Option<SortKey> {
    Some(match column {
        Column::Id => SortKey::Bytes(Box::new(messages::id)),
        Column::CreatedAt => SortKey::Number(Box::new(messages::created_at)),
        Column::ExpiresAt => SortKey::Number(Box::new(time_or(messages::expires_at, NULL_TIME))),
        Column::ProjectId => SortKey::Text(Box::new(messages::project_id)),
        Column::EventId => SortKey::Text(Box::new(messages::event_id)),
        Column::RequestId => SortKey::Text(Box::new(messages::request_id)),
        Column::MessageLevel => SortKey::Text(Box::new(messages::message_level)),
        Column::ResourceType => SortKey::Text(Box::new(text_or(messages::resource_type, NULL_TEXT))),
        Column::ResourceUuid => SortKey::Text(Box::new(text_or(messages::resource_uuid, NULL_TEXT))),
        Column::ActionId => SortKey::Text(Box::new(text_or(messages::action_id, NULL_TEXT))),
        Column::DetailId => SortKey::Text(Box::new(text_or(messages::detail_id, NULL_TEXT))),
        Column::UpdatedAt | Column::DeletedAt | Column::Deleted => return None,
    })
}

fn value(column: Column, row: &MessageRow) -> SortValue<'_> {
    fn text(text: Option<&str>) -> SortValue<'_> {
        SortValue::Text(text.unwrap_or(NULL_TEXT))
    }
    match column {
        Column::Id => SortValue::Bytes(row.id.as_bytes()),
        Column::ExpiresAt => SortValue::Number(row.expires_at.unwrap_or(NULL_TIME)),
        Column::ProjectId => text(Some(row.project_id())),
        Column::EventId => text(Some(row.event_id())),
        Column::RequestId => text(Some(row.request_id())),
        Column::MessageLevel => text(Some(row.message_level())),
        Column::ResourceType => text(row.resource_type()),
        Column::ResourceUuid => text(row.resource_uuid()),
        Column::ActionId => text(row.action_id()),
        Column::DetailId => text(row.detail_id()),
        Column::CreatedAt | Column::UpdatedAt | Column::DeletedAt | Column::Deleted => {
            SortValue::Number(row.created_at)
        }
    }
}

/// Which of two rows comes first.
pub(super) fn compare(order: &[(Column, Direction)], one: &MessageRow, other: &MessageRow) -> Ordering {
    let by = |(column, direction): &(Column, Direction)| {
        let ascending = value(*column, one).cmp(&value(*column, other));
        match direction {
            Direction::Ascending => ascending,
            Direction::Descending => ascending.reverse(),
        }
    };
    order
        .iter()
        .map(by)
        .find(|by| by.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// The condition that a row comes after the marker: it is beyond it in the first column, or equal there and beyond it
/// in the second, and so on.
pub(super) fn after(order: &[(Column, Direction)], marker: &MessageRow) -> Option<Boxed<Bool>> {
    let mut condition: Option<Boxed<Bool>> = None;
    for (column, direction) in order.iter().rev() {
        let Some(beyond) = beyond(*column, *direction, marker) else {
            continue;
        };
        condition = Some(match (condition, equal(*column, marker)) {
            (Some(rest), Some(equal)) => Box::new(beyond.or(equal.and(rest))),
            _ => beyond,
        });
    }
    condition
}

fn beyond(column: Column, direction: Direction, marker: &MessageRow) -> Option<Boxed<Bool>> {
    Some(match (key(column)?, value(column, marker), direction) {
        (SortKey::Text(key), SortValue::Text(value), Direction::Ascending) => {
            Box::new(key.gt(value.to_owned()))
        }
        (SortKey::Text(key), SortValue::Text(value), Direction::Descending) => {
            Box::new(key.lt(value.to_owned()))
        }
        (SortKey::Number(key), SortValue::Number(value), Direction::Ascending) => Box::new(key.gt(value)),
        (SortKey::Number(key), SortValue::Number(value), Direction::Descending) => Box::new(key.lt(value)),
        (SortKey::Bytes(key), SortValue::Bytes(value), Direction::Ascending) => {
            Box::new(key.gt(value.to_vec()))
        }
        (SortKey::Bytes(key), SortValue::Bytes(value), Direction::Descending) => {
            Box::new(key.lt(value.to_vec()))
        }
        _ => return None,
    })
}

fn equal(column: Column, marker: &MessageRow) -> Option<Boxed<Bool>> {
    Some(match (key(column)?, value(column, marker)) {
        (SortKey::Text(key), SortValue::Text(value)) => Box::new(key.eq(value.to_owned())),
        (SortKey::Number(key), SortValue::Number(value)) => Box::new(key.eq(value)),
        (SortKey::Bytes(key), SortValue::Bytes(value)) => Box::new(key.eq(value.to_vec())),
        _ => return None,
    })
}
