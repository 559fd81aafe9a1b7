//! Copying which messages arrived late: otherwise the copied watermarks would cover messages that their users have never
//! seen.

use diesel::dsl::max;
use diesel::prelude::*;

use super::checksum::digits;
use super::table::{Table, first_of};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{late_messages, late_turns, read_watermarks};
use crate::store::tables::read_state::{LateMessage, insert_first_turn, insert_late};
use crate::store::transaction::Tx;

impl Table for LateMessage {
    const NAME: &'static str = "late_messages";

    type Key = (String, i64, i64, Vec<u8>);

    const FIRST: Self::Key = (String::new(), i64::MIN, i64::MIN, Vec::new());

    fn page(conn: &mut Conn, after: &Self::Key, _: i64, limit: i64) -> Result<Vec<Self>, Error> {
        use late_messages::{created_at, message_id, project_id, table, turn};
        let (project, last, at, id) = after;
        let select = || table.order((project_id, turn, created_at, message_id));
        first_of!(
            conn,
            limit,
            select()
                .filter(project_id.eq(project))
                .filter(turn.eq(last))
                .filter(created_at.ge(at))
                .filter(created_at.gt(at).or(message_id.gt(id))),
            select().filter(project_id.eq(project)).filter(turn.gt(last)),
            select().filter(project_id.gt(project)),
        )
    }

    fn key(&self) -> Self::Key {
        let project = self.project_id.clone();
        (project, self.turn, self.created_at, self.message_id.clone())
    }

    fn shown(&self) -> String {
        format!("{} {}", self.project_id, digits(&self.message_id))
    }

    fn insert(tx: &mut Tx<'_>, rows: &[Self]) -> Result<(), Error> {
        insert_late(tx.conn(), rows)
    }

    fn delete(tx: &mut Tx<'_>, keys: &[Self::Key]) -> Result<(), Error> {
        for (project, turn, at, id) in keys {
            diesel::delete(late_messages::table.find((project, turn, at, id))).execute(tx.conn())?;
        }
        Ok(())
    }
}

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
