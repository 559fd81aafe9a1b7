//! One message by its id.

use uuid::Uuid;

use super::row::{self, MessageRow};
use crate::message::Scope;
use crate::store::connection::Conn;
use crate::store::error::Error;

/// Returns the message of this id, or [`Error::NotFound`] if there is none in the scope.
pub fn show(conn: &mut Conn, scope: &Scope, id: Uuid) -> Result<MessageRow, Error> {
    let row = row::by_id(conn, id)?;
    if scope.has(row.project_id()) {
        Ok(row)
    } else {
        Err(Error::NotFound)
    }
}
