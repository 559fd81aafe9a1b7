//! Counting what the position has passed, or will not meet.

use super::add::add;
use super::position::{lock, position};
use crate::message::Tallied;
use crate::store::connection::Conn;
use crate::store::error::Error;

/// Counts those of the `recorded` messages that the position has passed, and those of the `removed` that it has not reached. Must
/// be the end of the transaction that records or removes them, as the position stays locked.
pub(in crate::store) fn settle(
    conn: &mut Conn,
    recorded: &[Tallied],
    removed: &[Tallied],
) -> Result<(), Error> {
    if recorded.is_empty() {
        if removed.is_empty() {
            return Ok(());
        }
        // Most were counted long ago, and the position only moves forward.
        let passed = position(conn)?;
        if removed.iter().all(|message| message.position <= passed) {
            return Ok(());
        }
    }
    let (passed, kept) = lock(conn)?;
    let late = recorded.iter().filter(|message| message.position <= passed);
    let early = removed.iter().filter(|message| message.position > passed);
    add(conn, late.chain(early), kept)
}
