//! Skipping runs of done messages, which only lists of done messages show.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};

use super::bounds::Bounds;
use super::select::{self, Part};
use crate::message::{Condition, Direction, Query, Scope, State, StateFilter};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::read_marks;
use crate::store::tables::read_state::ProjectUser;

/// The reader whose done messages the query leaves out, if any.
pub(super) fn left_out(query: &Query, scope: &Scope) -> Option<ProjectUser> {
    let Scope::Project(project) = scope else {
        return None;
    };
    query.conditions.iter().find_map(|condition| match condition {
        Condition::State(user, StateFilter::Inbox | StateFilter::Unread | StateFilter::Read) => {
            Some(ProjectUser {
                project: project.clone(),
                user: user.clone(),
            })
        }
        _ => None,
    })
}

/// A sum over times that fits into 64 bits, of however many rows.
const TIMES: &str = "created_at % 1000003";

/// Whether all messages within the bounds are done for the reader. Comparing two numbers is far cheaper than looking up the mark of
/// each message. `rows` is the number of messages, if known.
///
/// Where the numbers are equal, sums over the times are compared, too: a mark whose message was deleted at the moment that it was
/// made may be left over, and must not stand for a message that is not done.
pub(super) fn are_all_done(
    conn: &mut Conn,
    reader: &ProjectUser,
    direction: Direction,
    bounds: Bounds,
    rows: Option<u64>,
) -> Result<bool, Error> {
    let all = Query::newest(Scope::Project(reader.project.clone()), 0);
    let messages = Part::within(&all, direction, bounds);
    let rows = match rows {
        Some(rows) => i64::try_from(rows).unwrap_or(i64::MAX),
        None => select::count(conn, &messages)?,
    };
    // Counted after the messages: one that is recorded in between makes no difference.
    let (marks, times) = done(conn, reader, direction, bounds)?;
    Ok(rows == marks && select::sum(conn, TIMES, &messages)? == times)
}

/// The number of done messages within the bounds, and the sum over their times.
fn done(
    conn: &mut Conn,
    reader: &ProjectUser,
    direction: Direction,
    Bounds { after, until }: Bounds,
) -> Result<(i64, i64), Error> {
    let (first, last) = match direction {
        Direction::Ascending => (after, until),
        Direction::Descending => (until, after),
    };
    let (first_id, last_id) = (first.id.as_bytes().to_vec(), last.id.as_bytes().to_vec());
    let (at, id) = (read_marks::created_at, read_marks::message_id);
    // A mark may outlive its message, but only where all messages with an earlier expiry are purged, too.
    let has_message = sql::<Nullable<Bool>>(
        "(read_marks.expires_at IS NULL OR read_marks.expires_at > (SELECT min(messages.expires_at) FROM messages))",
    );
    let select = sql::<(BigInt, BigInt)>(&format!("count(*), COALESCE({}, 0)", conn.sum(TIMES)));
    let marks = read_marks::table
        .select(select)
        .filter(read_marks::project_id.eq(&reader.project))
        .filter(read_marks::user_id.eq(&reader.user))
        .filter(at.between(first.created_at, last.created_at))
        .filter(at.gt(first.created_at).or(id.ge(first_id)))
        .filter(at.lt(last.created_at).or(id.le(last_id)))
        .filter(id.ne(after.id.as_bytes().to_vec()))
        .filter(read_marks::state.eq(State::Done.number()))
        .filter(has_message);
    Ok(marks.get_result(conn)?)
}
