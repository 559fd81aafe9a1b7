//! Which messages arrived later than their time says, as it is copied: without it, the copied watermarks would cover
//! messages that their readers have never seen.

use diesel::dsl::max;
use diesel::prelude::*;

use super::digest::{Columns, Digest, digits};
use super::read_state::{number_of, sortable};
use super::table::Table;
use crate::store::backend::{Conn, MultiBackend, with_each};
use crate::store::error::Error;
use crate::store::read_state::{FirstTurn, Late};
use crate::store::schema::{late_messages, late_turns, read_watermarks};
use crate::store::write::Tx;

/// Rows of one statement.
const ROWS: usize = 500;

/// The id of the one row of turns.
const ROW: i32 = 1;

#[derive(PartialEq, Queryable)]
struct LateRow {
    project_id: String,
    turn: i64,
    created_at: i64,
    message_id: Vec<u8>,
    expires_at: Option<i64>,
}

/// A late message with its key: project, turn, time and message, which sort as the columns do.
#[derive(PartialEq)]
pub(super) struct Arrival {
    key: Vec<u8>,
    row: LateRow,
}

impl From<LateRow> for Arrival {
    fn from(row: LateRow) -> Self {
        let key = [
            row.project_id.as_bytes(),
            &[0],
            &sortable(row.turn),
            &sortable(row.created_at),
            &row.message_id,
        ]
        .concat();
        Self { key, row }
    }
}

/// The columns of a key. The empty key, which comes before all others, has columns that do, too.
fn columns_of(key: &[u8]) -> (String, i64, i64, Vec<u8>) {
    let mut parts = key.splitn(2, |byte| *byte == 0);
    let project = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (turn, rest) = number_of(parts.next().unwrap_or_default());
    let (at, id) = number_of(rest);
    (project, turn, at, id.to_vec())
}

impl Table for Arrival {
    const NAME: &'static str = "late_messages";

    /// Asks for the rest of the turn, then of the project's turns, then of all: each is one seek in the primary key.
    fn page(conn: &mut Conn, after: &[u8], _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        let (project, turn, at, id) = columns_of(after);
        let select = || {
            late_messages::table
                .order((
                    late_messages::project_id,
                    late_messages::turn,
                    late_messages::created_at,
                    late_messages::message_id,
                ))
                .into_boxed::<MultiBackend>()
        };
        let steps = [
            select()
                .filter(late_messages::project_id.eq(project.clone()))
                .filter(late_messages::turn.eq(turn))
                .filter(late_messages::created_at.ge(at))
                .filter(
                    late_messages::created_at
                        .gt(at)
                        .or(late_messages::message_id.gt(id)),
                ),
            select()
                .filter(late_messages::project_id.eq(project.clone()))
                .filter(late_messages::turn.gt(turn)),
            select().filter(late_messages::project_id.gt(project)),
        ];
        let mut rows: Vec<LateRow> = Vec::new();
        for step in steps {
            let room = limit - i64::try_from(rows.len()).unwrap_or(limit);
            if room > 0 {
                rows.extend(step.limit(room).load::<LateRow>(conn)?);
            }
        }
        Ok(rows.into_iter().map(Self::from).collect())
    }

    fn key(&self) -> &[u8] {
        &self.key
    }

    fn shown(&self) -> String {
        format!("{} {}", self.row.project_id, digits(&self.row.message_id))
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        for chunk in rows.chunks(ROWS) {
            let lines: Vec<Late<'_>> = chunk
                .iter()
                .map(|arrival| Late {
                    project_id: &arrival.row.project_id,
                    turn: arrival.row.turn,
                    created_at: arrival.row.created_at,
                    message_id: &arrival.row.message_id,
                    expires_at: arrival.row.expires_at,
                })
                .collect();
            with_each!(tx.conn(), conn => {
                diesel::insert_into(late_messages::table).values(&lines).execute(conn)?;
            });
        }
        Ok(())
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Vec<u8>]) -> Result<(), Error> {
        for key in keys {
            let key = columns_of(key);
            diesel::delete(late_messages::table.find(key)).execute(tx.conn())?;
        }
        Ok(())
    }
}

impl Columns for Arrival {
    fn columns(&self, digest: &mut Digest) {
        let LateRow {
            project_id,
            turn,
            created_at,
            message_id,
            expires_at,
        } = &self.row;
        digest.bytes(project_id.as_bytes());
        digest.number(*turn);
        digest.number(*created_at);
        digest.bytes(message_id);
        digest.time(*expires_at);
    }
}

/// Raises the target's counter of turns to the greatest turn that was copied, so that what arrives next is covered by no
/// copied watermark.
pub(super) fn raise_turn(tx: &mut Tx<'_>) -> Result<(), Error> {
    let arrived: Option<i64> = late_messages::table
        .select(max(late_messages::turn))
        .first(tx.conn())?;
    let covered: Option<i64> = read_watermarks::table
        .select(max(read_watermarks::late_turn))
        .first(tx.conn())?;
    let Some(turn) = arrived.max(covered) else {
        return Ok(());
    };
    tx.conn().insert_first_turn(FirstTurn { id: ROW, turn })?;
    let behind = late_turns::table
        .filter(late_turns::id.eq(ROW))
        .filter(late_turns::turn.lt(turn));
    diesel::update(behind)
        .set(late_turns::turn.eq(turn))
        .execute(tx.conn())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(project: &str, turn: i64, at: i64, id: u8) -> Arrival {
        Arrival::from(LateRow {
            project_id: project.to_owned(),
            turn,
            created_at: at,
            message_id: vec![id; 16],
            expires_at: None,
        })
    }

    #[test]
    fn keys_sort_as_their_columns_and_give_them_back() {
        let arrivals = [
            arrival("", 0, i64::MIN, 0),
            arrival("p", 1, 0, 0),
            arrival("p", 1, 256, 0),
            arrival("p", 2, -1, 255),
            arrival("p1", 1, 0, 0),
        ];
        assert!(arrivals.is_sorted_by(|one, other| one.key < other.key));
        for arrival in arrivals {
            let row = arrival.row;
            assert_eq!(
                columns_of(&arrival.key),
                (row.project_id, row.turn, row.created_at, row.message_id)
            );
        }
        assert_eq!(columns_of(&[]), (String::new(), i64::MIN, i64::MIN, Vec::new()));
    }
}
