//! Copying which messages arrived late: otherwise the copied watermarks would cover messages that their users have never
//! seen.

use diesel::dsl::max;
use diesel::prelude::*;

use super::table::{Part, Table, first_of, keyed_by_columns};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{late_messages, late_turns, read_watermarks};
use crate::store::tables::read_state::{LateMessage, insert_first_turn, insert_late};
use crate::store::transaction::Tx;

keyed_by_columns!(
    LateMessage,
    late_messages (project_id: String, turn: i64, created_at: i64, message_id: Vec<u8>),
    |row| (row.project_id.clone(), row.turn, row.created_at, row.message_id.clone()),
    late_messages::all_columns,
    changes false,
    insert insert_late
);

/// Raises the target's counter of turns to the greatest copied turn, so that no copied watermark covers what arrives next.
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
    insert_first_turn(tx.conn(), turn)?;
    diesel::update(late_turns::table.filter(late_turns::turn.lt(turn)))
        .set(late_turns::turn.eq(turn))
        .execute(tx.conn())?;
    Ok(())
}
