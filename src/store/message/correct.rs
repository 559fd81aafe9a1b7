//! Rows that are imported once more, to replace what an earlier import stored.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::row::{COLUMNS, Row};
use super::{IDS, insert};
use crate::message::Message;
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::write::Tx;

/// Replaces the stored rows that differ from these and returns their number. Rows that are not stored are left out; of
/// several with one id the first counts. Who has read a message stays known.
pub fn correct(tx: &mut Tx<'_>, rows: &[Message]) -> Result<usize, Error> {
    let mut replaced = 0;
    for chunk in rows.chunks(IDS) {
        let mut stored = stored(tx.conn(), chunk)?;
        let different: Vec<&Message> = chunk
            .iter()
            .filter(|row| stored.remove(&row.id).is_some_and(|known| known != **row))
            .collect();
        let ids = different.iter().map(|row| row.id.as_bytes().as_slice());
        diesel::delete(messages::table.filter(messages::id.eq_any(ids))).execute(tx.conn())?;
        insert(tx.conn(), &different)?;
        replaced += different.len();
    }
    Ok(replaced)
}

fn stored(conn: &mut Conn, rows: &[Message]) -> Result<HashMap<Uuid, Message>, Error> {
    let ids = rows.iter().map(|row| row.id.as_bytes().as_slice());
    let found: Vec<Row> = messages::table
        .select(COLUMNS)
        .filter(messages::id.eq_any(ids))
        .load(conn)?;
    Ok(found.iter().map(|row| (row.id, row.to_message())).collect())
}
