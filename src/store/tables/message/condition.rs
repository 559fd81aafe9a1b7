//! Any condition as a boxed expression, for any database.

use diesel::dsl::sql;
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use crate::message::{Column, Condition, StateFilter};
use crate::store::connection::MultiBackend;
use crate::store::error::Error;
use crate::store::schema::messages;

/// Escapes the next character of a pattern. A backslash would be special in strings of some databases.
const ESCAPE: char = '!';

type Boxed = Box<dyn BoxableExpression<messages::table, MultiBackend, SqlType = Nullable<Bool>>>;

/// Writes the same expression for any text column.
macro_rules! text {
    ($column:expr, $key:ident => $expression:expr) => {
        match $column {
            Column::ProjectId => text!(@ messages::project_id.nullable(), $key, $expression),
            Column::EventId => text!(@ messages::event_id.nullable(), $key, $expression),
            Column::RequestId => text!(@ messages::request_id.nullable(), $key, $expression),
            Column::MessageLevel => text!(@ messages::message_level.nullable(), $key, $expression),
            Column::ResourceType => text!(@ messages::resource_type, $key, $expression),
            Column::ResourceUuid => text!(@ messages::resource_uuid, $key, $expression),
            Column::ActionId => text!(@ messages::action_id, $key, $expression),
            Column::DetailId => text!(@ messages::detail_id, $key, $expression),
            other => Err(not_a_text(*other)),
        }
    };
    (@ $value:expr, $key:ident, $expression:expr) => {{
        let $key = $value;
        Ok(Box::new($expression))
    }};
}

/// A condition as an expression; `digits` is how an id's digits are compared with a pattern.
pub(super) fn boxed(condition: &Condition, digits: &str) -> Result<Boxed, Error> {
    match condition {
        Condition::Equals(column, value) => text!(column, key => key.eq(value.clone())),
        Condition::In(column, values) => text!(column, key => key.eq_any(values.clone())),
        Condition::Like(Column::Id, pattern) => {
            let like = sql::<Bool>(digits).bind::<Text, _>(pattern.clone());
            Ok(Box::new(like.nullable()))
        }
        Condition::Like(column, pattern) => text!(column, key => key.like(pattern.clone())),
        Condition::Contains(column, part) => {
            let pattern = format!("%{}%", escaped(part));
            text!(column, key => key.like(pattern).escape(ESCAPE))
        }
        Condition::StartsWith(column, part) => {
            let pattern = format!("{}%", escaped(part));
            text!(column, key => key.like(pattern).escape(ESCAPE))
        }
        Condition::Id(id) => Ok(Box::new(messages::id.nullable().eq(id.as_bytes().to_vec()))),
        Condition::Ids(ids) => {
            let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
            Ok(Box::new(messages::id.nullable().eq_any(ids)))
        }
        Condition::Time(Column::ExpiresAt, at) => Ok(expires("= ", *at)),
        Condition::Time(_, at) => Ok(Box::new(messages::created_at.nullable().eq(*at))),
        Condition::Since(Column::ExpiresAt, at) => Ok(expires(">= ", *at)),
        Condition::Since(_, at) => Ok(Box::new(messages::created_at.nullable().ge(*at))),
        Condition::Before(Column::ExpiresAt, at) => Ok(expires("< ", *at)),
        Condition::Before(_, at) => Ok(Box::new(messages::created_at.nullable().lt(*at))),
        Condition::Any(groups) => {
            let mut any: Boxed = Box::new(sql::<Nullable<Bool>>("1 = 0"));
            for group in groups {
                any = Box::new(any.or(all(group, digits)?));
            }
            Ok(any)
        }
        Condition::State(user, filter) => Ok(state(user, *filter)),
    }
}

/// A condition on the message's state for a user: what its mark says, otherwise unread if no watermark covers it, or if it
/// arrived after the watermark.
///
/// Subqueries that return values: PostgreSQL would turn EXISTS into a join that reads all marks.
fn state(user: &str, filter: StateFilter) -> Boxed {
    let (first, last) = filter.numbers();
    let between = format!(" BETWEEN {first} AND {last}");
    let mark = sql::<Nullable<Bool>>(
        "COALESCE((SELECT read_marks.state FROM read_marks WHERE read_marks.project_id = messages.project_id \
         AND read_marks.created_at = messages.created_at AND read_marks.message_id = messages.id \
         AND read_marks.user_id = ",
    )
    .bind::<Text, _>(user.to_owned());
    if let StateFilter::Done | StateFilter::Inbox = filter {
        // Without a mark a message is not done, read or not.
        return Box::new(mark.sql("), 0)").sql(&between));
    }
    let covered = mark
        .sql(
            "), CASE WHEN messages.created_at > COALESCE((SELECT read_watermarks.read_until FROM read_watermarks \
             WHERE read_watermarks.project_id = messages.project_id AND read_watermarks.user_id = ",
        )
        .bind::<Text, _>(user.to_owned());
    let late = covered
        .sql(
            "), -9223372036854775807) OR (SELECT max(late_messages.turn) FROM late_messages \
             WHERE late_messages.message_id = messages.id AND late_messages.project_id = messages.project_id) \
             > COALESCE((SELECT read_watermarks.late_turn FROM read_watermarks \
             WHERE read_watermarks.project_id = messages.project_id AND read_watermarks.user_id = ",
        )
        .bind::<Text, _>(user.to_owned());
    Box::new(late.sql("), 0) THEN 0 ELSE 1 END)").sql(&between))
}

/// A condition on the expiry that does not use its index, which may have far more matches than a window has rows.
fn expires(operator: &str, at: i64) -> Boxed {
    let condition = sql::<Nullable<Bool>>("messages.expires_at + 0 ").sql(operator);
    Box::new(condition.bind::<BigInt, _>(at))
}

/// The text as a part of a pattern, without wildcards.
fn escaped(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len());
    for sign in part.chars() {
        if matches!(sign, '%' | '_' | ESCAPE) {
            pattern.push(ESCAPE);
        }
        pattern.push(sign);
    }
    pattern
}

fn all(conditions: &[Condition], digits: &str) -> Result<Boxed, Error> {
    let mut all: Boxed = Box::new(sql::<Nullable<Bool>>("1 = 1"));
    for condition in conditions {
        all = Box::new(all.and(boxed(condition, digits)?));
    }
    Ok(all)
}

pub(super) fn not_a_text(column: Column) -> Error {
    Error::Broken(format!("{column:?} is not a text column"))
}
