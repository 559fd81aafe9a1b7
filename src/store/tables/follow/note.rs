//! Notes of the rows that were read.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_rows;
use crate::store::error::Error;
use crate::store::schema::followed_rows;
use crate::store::tables::ids::{CHUNK, uuid};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = followed_rows, treat_none_as_default_value = false)]
pub(in crate::store) struct RowNote {
    pub(in crate::store) id: Vec<u8>,
    pub(super) message_id: Option<Vec<u8>>,
    pub(super) expires_at: Option<i64>,
}

/// The rows among some that were read before, each with its message, unless that was deleted.
pub type RowNotes = HashMap<Uuid, Option<Uuid>>;

/// Returns what is known about rows.
pub fn notes(conn: &mut Conn, ids: &[Uuid]) -> Result<RowNotes, Error> {
    let mut known = RowNotes::new();
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let rows = followed_rows::table.filter(followed_rows::id.eq_any(ids));
        for row in rows.load::<RowNote>(conn)? {
            let message = row.message_id.as_deref().map(uuid).transpose()?;
            known.insert(uuid(&row.id)?, message);
        }
    }
    Ok(known)
}

/// Notes rows with the ids of their messages and when the notes expire; never if they do not say.
pub(super) fn add(conn: &mut Conn, rows: &[(Uuid, Uuid, Option<i64>)]) -> Result<(), Error> {
    let mut rows: Vec<RowNote> = rows
        .iter()
        .map(|(id, message, expires_at)| RowNote {
            id: id.as_bytes().to_vec(),
            message_id: Some(message.as_bytes().to_vec()),
            expires_at: *expires_at,
        })
        .collect();
    rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    for chunk in rows.chunks(CHUNK) {
        insert_rows!(&mut *conn, followed_rows::table, chunk);
    }
    Ok(())
}

/// Notes that the messages of rows were deleted. Notes that would never expire do so at `until`, in microseconds since 1970.
pub(super) fn forget_messages(conn: &mut Conn, ids: &[Uuid], until: i64) -> Result<(), Error> {
    let none: Option<Vec<u8>> = None;
    for chunk in ids.chunks(CHUNK) {
        let ids = chunk.iter().map(|id| id.as_bytes().as_slice());
        let rows = followed_rows::table.filter(followed_rows::id.eq_any(ids));
        diesel::update(rows.clone())
            .set(followed_rows::message_id.eq(&none))
            .execute(conn)?;
        diesel::update(rows.filter(followed_rows::expires_at.is_null()))
            .set(followed_rows::expires_at.eq(until))
            .execute(conn)?;
    }
    Ok(())
}
