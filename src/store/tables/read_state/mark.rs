//! The marks of messages.

use diesel::prelude::*;

use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::read_marks;
use crate::store::tables::ids::CHUNK;

/// The mark of a message: its state, the one before, and the change between them.
#[derive(Clone, PartialEq, Hash, Queryable, Insertable)]
#[diesel(table_name = read_marks, treat_none_as_default_value = false)]
pub(in crate::store) struct Mark {
    pub(in crate::store) project_id: String,
    pub(in crate::store) user_id: String,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) message_id: Vec<u8>,
    pub(in crate::store) expires_at: Option<i64>,
    pub(in crate::store) state: i16,
    pub(in crate::store) was: i16,
    pub(in crate::store) change_id: Option<i64>,
}

/// Inserts marks of messages that are not marked yet, and returns their number.
pub(in crate::store) fn insert_marks(conn: &mut Conn, marks: &[Mark]) -> Result<usize, Error> {
    let mut inserted = 0;
    for chunk in marks.chunks(CHUNK) {
        inserted += insert_new!(&mut *conn, read_marks::table, chunk);
    }
    Ok(inserted)
}
