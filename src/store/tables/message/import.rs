//! Importing messages, and replacing those that an earlier import stored.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use uuid::Uuid;

use super::insert::insert;
use super::row::{MessageRow, columns};
use crate::message::{Message, Position};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids::CHUNK;
use crate::store::tables::read_state;
use crate::store::transaction::Tx;

/// Inserts the messages whose id is not there yet and returns their number. They are unread, however old they are.
pub fn import(tx: &mut Tx<'_>, rows: &[Message]) -> Result<usize, Error> {
    let fresh = insert_fresh(tx.conn(), rows)?;
    tx.recorded_messages(fresh.iter().copied());
    read_state::note_late(tx, &fresh)?;
    Ok(fresh.len())
}

/// Inserts the messages whose id is not there yet. Who has read them and how they were counted is copied separately.
pub(in crate::store) fn copy(tx: &mut Tx<'_>, rows: &[Message]) -> Result<(), Error> {
    for row in insert_fresh(tx.conn(), rows)? {
        tx.changed_messages(&row.project_id);
    }
    Ok(())
}

fn insert_fresh<'a>(conn: &mut Conn, rows: &'a [Message]) -> Result<Vec<&'a Message>, Error> {
    let rows: Vec<&Message> = rows.iter().collect();
    let mut known = existing(conn, &rows)?;
    // An id that occurs twice counts once.
    let fresh: Vec<&Message> = rows.into_iter().filter(|row| known.insert(row.id)).collect();
    insert(conn, &fresh)?;
    Ok(fresh)
}

/// The ids of these messages that are in the table.
pub(in crate::store) fn existing(conn: &mut Conn, rows: &[&Message]) -> Result<HashSet<Uuid>, Error> {
    let mut known = HashSet::new();
    for chunk in rows.chunks(CHUNK) {
        let ids = chunk.iter().map(|row| row.id.as_bytes().as_slice());
        let found: Vec<Vec<u8>> = messages::table
            .select(messages::id)
            .filter(messages::id.eq_any(ids))
            .load(conn)?;
        known.extend(found.iter().filter_map(|id| Uuid::from_slice(id).ok()));
    }
    Ok(known)
}

/// Replaces the stored messages that differ from these and returns their number. Messages that are not stored are skipped;
/// of several with one id the first counts. Who has read a message stays known. It stays
/// counted as it was; one that moves to another time is counted at one of the two times at least.
pub fn correct(tx: &mut Tx<'_>, rows: &[Message]) -> Result<usize, Error> {
    let mut replaced = 0;
    for chunk in rows.chunks(CHUNK) {
        let ids = chunk.iter().map(|row| row.id.as_bytes().as_slice());
        let stored: Vec<MessageRow> = messages::table
            .select(columns())
            .filter(messages::id.eq_any(ids))
            .load(tx.conn())?;
        let mut stored: HashMap<Uuid, Message> =
            stored.iter().map(|row| (row.id, row.to_message())).collect();
        let mut different: Vec<&Message> = Vec::new();
        for row in chunk {
            let Some(known) = stored.remove(&row.id).filter(|known| known != row) else {
                continue;
            };
            if known.created_at != row.created_at {
                tx.moved_message(Position::of(&known), row);
            }
            read_state::keep_with(tx, &known, row)?;
            different.push(row);
        }
        if different.is_empty() {
            continue;
        }
        let ids = different.iter().map(|row| row.id.as_bytes().as_slice());
        diesel::delete(messages::table.filter(messages::id.eq_any(ids))).execute(tx.conn())?;
        insert(tx.conn(), &different)?;
        replaced += different.len();
    }
    Ok(replaced)
}
