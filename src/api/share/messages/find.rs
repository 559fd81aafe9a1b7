//! One message of a share.

use uuid::Uuid;

use super::fields::CODES;
use crate::api::error::Error;
use crate::message::Scope;
use crate::store::message::{self, MessageRow};
use crate::store::{self, Conn};

/// Returns the message of this id, or [`store::Error::NotFound`] if there is none in the scope or it is another service's.
pub fn find(conn: &mut Conn, scope: &Scope, id: Uuid) -> Result<MessageRow, store::Error> {
    let row = message::show(conn, scope, id)?;
    if row.event_id().starts_with(CODES) {
        Ok(row)
    } else {
        Err(store::Error::NotFound)
    }
}

/// Returns the answer to an error of the store about a message with this id or marker.
pub fn refusal(error: store::Error, id: &str) -> Error {
    match error {
        store::Error::NotFound => Error::no_message(id),
        error => error.into(),
    }
}
