//! Writing rows.
#![expect(clippy::ref_option_ref, reason = "it is in the code that the derive makes")]

use diesel::prelude::*;

use crate::message::Message;
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::messages;

/// A row on its way in. `treat_none_as_default_value = false` keeps the statement the same whatever is null, so that
/// it is prepared once.
#[derive(Insertable)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub(in crate::store) struct NewRow<'a> {
    project_id: &'a str,
    created_at: i64,
    id: &'a [u8],
    event_id: &'a str,
    action_id: Option<&'a str>,
    detail_id: Option<&'a str>,
    resource_type: Option<&'a str>,
    resource_uuid: Option<&'a str>,
    request_id: &'a str,
    message_level: &'a str,
    parameters: Option<&'a str>,
    expires_at: Option<i64>,
}

impl<'a> From<&'a Message> for NewRow<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            project_id: &message.project_id,
            created_at: message.created_at,
            id: message.id.as_bytes(),
            event_id: &message.event_id,
            action_id: message.action_id.as_deref(),
            detail_id: message.detail_id.as_deref(),
            resource_type: message.resource_type.as_deref(),
            resource_uuid: message.resource_uuid.as_deref(),
            request_id: &message.request_id,
            message_level: &message.message_level,
            parameters: message.parameters.as_deref(),
            expires_at: message.expires_at,
        }
    }
}

/// Inserts all of them, or fails with nothing to be relied on: the caller rolls back.
pub(in crate::store) fn insert(conn: &mut Conn, rows: &[&Message]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    conn.insert_messages(rows)
}
