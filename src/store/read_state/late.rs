//! Messages that arrived later than their time says, such as imported ones.
//!
//! Each transaction that brings some takes a turn, a number that grows in the order of commits. A watermark covers those
//! alone whose turn it knows.

use std::collections::HashSet;

use diesel::prelude::*;
use uuid::Uuid;

use super::{IDS, Reader, Seen, uuid};
use crate::message::{Message, Position};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::{late_messages, late_turns};
use crate::store::write::Tx;

/// The one row of turns.
const ROW: i32 = 1;

/// The row of turns as it begins.
#[derive(Insertable, Clone, Copy)]
#[diesel(table_name = late_turns)]
pub(in crate::store) struct FirstTurn {
    pub(in crate::store) id: i32,
    pub(in crate::store) turn: i64,
}

/// A message that arrived late.
#[derive(Insertable)]
#[diesel(table_name = late_messages, treat_none_as_default_value = false)]
pub(in crate::store) struct Late<'a> {
    pub(in crate::store) project_id: &'a str,
    pub(in crate::store) turn: i64,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) message_id: &'a [u8],
    pub(in crate::store) expires_at: Option<i64>,
}

/// The turn of the last late arrival.
pub(super) fn turn(conn: &mut Conn) -> Result<i64, Error> {
    let row = late_turns::table
        .select(late_turns::turn)
        .filter(late_turns::id.eq(ROW));
    Ok(row.first(conn).optional()?.unwrap_or(0))
}

/// Notes that these messages arrive now, whatever their time: no watermark set before covers them.
pub(in crate::store) fn note_late(tx: &mut Tx<'_>, messages: &[&Message]) -> Result<(), Error> {
    if messages.is_empty() {
        return Ok(());
    }
    let turn = next_turn(tx)?;
    for chunk in messages.chunks(IDS) {
        let lines: Vec<Late<'_>> = chunk
            .iter()
            .map(|message| Late {
                project_id: &message.project_id,
                turn,
                created_at: message.created_at,
                message_id: message.id.as_bytes(),
                expires_at: message.expires_at,
            })
            .collect();
        crate::store::backend::with_each!(tx.conn(), conn => {
            diesel::insert_into(late_messages::table).values(&lines).execute(conn)?;
        });
    }
    Ok(())
}

/// Takes a turn and holds it until the commit, so that turns are committed in their order.
fn next_turn(tx: &mut Tx<'_>) -> Result<i64, Error> {
    // The update first: an insert that is ignored leaves MariaDB with a shared lock, and two of those with a deadlock.
    if advance(tx.conn())? == 0 {
        tx.conn().insert_first_turn(FirstTurn { id: ROW, turn: 0 })?;
        advance(tx.conn())?;
    }
    turn(tx.conn())
}

/// Moves to the next turn; returns how many rows there are to move.
fn advance(conn: &mut Conn) -> Result<usize, Error> {
    let row = late_turns::table.filter(late_turns::id.eq(ROW));
    let next = diesel::update(row).set(late_turns::turn.eq(late_turns::turn + 1));
    Ok(next.execute(conn)?)
}

/// Where late messages of the reader's project are that were made at `until.until` or before and arrived after the turn
/// `after` and by `until.turn`: the latest arrivals, up to `limit`.
pub(super) fn arrived(
    conn: &mut Conn,
    reader: &Reader,
    after: i64,
    until: Seen,
    limit: i64,
) -> Result<Vec<Position>, Error> {
    let select = late_messages::table
        .select((late_messages::created_at, late_messages::message_id))
        .filter(late_messages::project_id.eq(&reader.project))
        .filter(late_messages::turn.gt(after))
        .filter(late_messages::turn.le(until.turn))
        .filter(late_messages::created_at.le(until.until))
        .order((late_messages::turn.desc(), late_messages::created_at.desc()))
        .limit(limit);
    select
        .load::<(i64, Vec<u8>)>(conn)?
        .into_iter()
        .map(|(created_at, id)| {
            let id = uuid(&id)?;
            Ok(Position { created_at, id })
        })
        .collect()
}

/// Which of these messages of the reader's project arrived after this turn.
pub(super) fn among(
    conn: &mut Conn,
    reader: &Reader,
    turn: i64,
    messages: &[Position],
) -> Result<HashSet<Uuid>, Error> {
    let mut late = HashSet::new();
    if messages.is_empty() || self::turn(conn)? <= turn {
        return Ok(late);
    }
    for chunk in messages.chunks(IDS) {
        let ids = chunk.iter().map(|message| message.id.as_bytes().as_slice());
        let select = late_messages::table
            .select(late_messages::message_id)
            .filter(late_messages::message_id.eq_any(ids))
            .filter(late_messages::project_id.eq(&reader.project))
            .filter(late_messages::turn.gt(turn));
        for id in select.load::<Vec<u8>>(conn)? {
            late.insert(uuid(&id)?);
        }
    }
    Ok(late)
}

/// Forgets that a message that is deleted came late.
pub(super) fn forget(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let notes = late_messages::table.filter(late_messages::message_id.eq(id.as_bytes().as_slice()));
    diesel::delete(notes).execute(tx.conn())?;
    Ok(())
}
