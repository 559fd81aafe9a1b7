//! Messages that arrived later than their time suggests, such as imported ones.
//!
//! Each transaction that brings some takes a turn, a number that grows in the order of commits. A watermark covers only those
//! with a turn up to its own.

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::seen::Seen;
use super::user::ProjectUser;
use crate::message::{Message, Position};
use crate::store::connection::{Conn, with_each};
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{late_messages, late_turns};
use crate::store::tables::ids::{self, CHUNK, uuid};
use crate::store::transaction::Tx;

/// The id of the only row of turns.
const ROW: i32 = 1;

/// A message that arrived late.
#[derive(Clone, PartialEq, Hash, Queryable, Insertable)]
#[diesel(table_name = late_messages, treat_none_as_default_value = false)]
pub(in crate::store) struct LateMessage {
    pub(in crate::store) project_id: String,
    pub(in crate::store) turn: i64,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) message_id: Vec<u8>,
    pub(in crate::store) expires_at: Option<i64>,
}

/// The turn of the last late arrival.
pub(in crate::store) fn turn(conn: &mut Conn) -> Result<i64, Error> {
    let row = late_turns::table
        .select(late_turns::turn)
        .filter(late_turns::id.eq(ROW));
    Ok(row.first(conn).optional()?.unwrap_or(0))
}

/// Notes that these messages arrive now, whatever their time: no earlier watermark covers them.
pub(in crate::store) fn note_late(tx: &mut Tx<'_>, messages: &[&Message]) -> Result<(), Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let turn = next_turn(tx)?;
    let late: Vec<LateMessage> = messages
        .iter()
        .map(|message| LateMessage {
            project_id: message.project_id.clone(),
            turn,
            created_at: message.created_at,
            message_id: message.id.as_bytes().to_vec(),
            expires_at: message.expires_at,
        })
        .collect();
    insert(tx.conn(), &late)
}

pub(in crate::store) fn insert(conn: &mut Conn, late: &[LateMessage]) -> Result<(), Error> {
    for chunk in late.chunks(CHUNK) {
        with_each!(&mut *conn, conn => {
            diesel::insert_into(late_messages::table).values(chunk).execute(conn)?;
        });
    }
    Ok(())
}

/// Takes a turn and holds it until the commit, so that turns are committed in their order.
fn next_turn(tx: &mut Tx<'_>) -> Result<i64, Error> {
    // The update first: an ignored insert leaves a shared lock on MariaDB, and two of those a deadlock.
    if advance(tx.conn())? == 0 {
        insert_first_turn(tx.conn(), 0)?;
        advance(tx.conn())?;
    }
    turn(tx.conn())
}

/// Inserts the row of turns, unless it exists.
pub(in crate::store) fn insert_first_turn(conn: &mut Conn, turn: i64) -> Result<(), Error> {
    let first = (late_turns::id.eq(ROW), late_turns::turn.eq(turn));
    insert_new!(conn, late_turns::table, [first]);
    Ok(())
}

/// Moves to the next turn and returns the number of rows of turns.
fn advance(conn: &mut Conn) -> Result<usize, Error> {
    let row = late_turns::table.filter(late_turns::id.eq(ROW));
    let next = diesel::update(row).set(late_turns::turn.eq(late_turns::turn + 1));
    Ok(next.execute(conn)?)
}

/// The positions of the project's late messages that were created by `until.until` and arrived after the turn `after` and by
/// `until.turn`: the latest `limit` arrivals.
pub(super) fn arrived(
    conn: &mut Conn,
    user: &ProjectUser,
    after: i64,
    until: Seen,
    limit: i64,
) -> Result<Vec<Position>, Error> {
    let select = late_messages::table
        .select((late_messages::created_at, late_messages::message_id))
        .filter(late_messages::project_id.eq(&user.project))
        .filter(late_messages::turn.gt(after))
        .filter(late_messages::turn.le(until.turn))
        .filter(late_messages::created_at.le(until.until))
        .order((late_messages::turn.desc(), late_messages::created_at.desc()))
        .limit(limit);
    select
        .load::<(i64, Vec<u8>)>(conn)?
        .into_iter()
        .map(ids::position)
        .collect()
}

/// Which of these messages of the project arrived after this turn.
pub(super) fn among(
    conn: &mut Conn,
    user: &ProjectUser,
    turn: i64,
    messages: &[Position],
) -> Result<HashSet<Uuid>, Error> {
    let mut late = HashSet::new();
    if messages.is_empty() || self::turn(conn)? <= turn {
        return Ok(late);
    }
    for chunk in messages.chunks(CHUNK) {
        let ids = chunk.iter().map(|message| message.id.as_bytes().as_slice());
        let select = late_messages::table
            .select(late_messages::message_id)
            .filter(late_messages::message_id.eq_any(ids))
            .filter(late_messages::project_id.eq(&user.project))
            .filter(late_messages::turn.gt(turn));
        for id in select.load::<Vec<u8>>(conn)? {
            late.insert(uuid(&id)?);
        }
    }
    Ok(late)
}
