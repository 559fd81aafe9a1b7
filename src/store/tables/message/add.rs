//! Adding a message beside other work.

use super::insert::insert;
use crate::event::{Origin, Reporter};
use crate::message::Message;
use crate::store::error::Error;
use crate::store::tables::delivery;
use crate::store::transaction::Tx;

/// Records a message of this service's own, and reports it as an event.
pub fn add(tx: &mut Tx<'_>, message: &Message, reporter: &Reporter) -> Result<(), Error> {
    insert(tx.conn(), &[message])?;
    tx.recorded_messages(std::iter::once(message));
    let origin = Origin::of(&message.project_id, &message.request_id);
    let told = std::iter::once((origin, message.payload()));
    delivery::report(tx, reporter, |reporter| {
        reporter.recorded(told, message.created_at)
    })
}
