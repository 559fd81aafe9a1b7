//! Giving a stored message the code of a row.

use diesel::prelude::*;
use uuid::Uuid;

use crate::message::Message;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::message::{MessageRow, columns};
use crate::store::transaction::Tx;

/// Replaces what determines the text of the message `id` by that of `row`, and returns the message as it is now; `None` if it was
/// deleted meanwhile.
pub(super) fn code(tx: &mut Tx<'_>, id: Uuid, row: &Message) -> Result<Option<Message>, Error> {
    let select = messages::table
        .select(columns())
        .filter(messages::id.eq(id.as_bytes().to_vec()));
    let found = select.load::<MessageRow>(tx.conn())?;
    let Some(stored) = found.first().map(MessageRow::to_message) else {
        return Ok(None);
    };
    let replaced = Message {
        event_id: row.event_id.clone(),
        action_id: row.action_id.clone(),
        detail_id: row.detail_id.clone(),
        resource_type: row.resource_type.clone(),
        message_level: row.message_level.clone(),
        parameters: None,
        ..stored
    };
    let place = messages::table
        .filter(messages::project_id.eq(&replaced.project_id))
        .filter(messages::created_at.eq(replaced.created_at))
        .filter(messages::id.eq(id.as_bytes().to_vec()));
    let changed = diesel::update(place)
        .set((
            messages::event_id.eq(&replaced.event_id),
            messages::action_id.eq(&replaced.action_id),
            messages::detail_id.eq(&replaced.detail_id),
            messages::resource_type.eq(&replaced.resource_type),
            messages::message_level.eq(&replaced.message_level),
            messages::parameters.eq(&replaced.parameters),
        ))
        .execute(tx.conn())?;
    tx.changed_messages(&replaced.project_id);
    Ok((changed > 0).then_some(replaced))
}
