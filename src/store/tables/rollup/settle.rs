//! Counting what the position has passed, or will not meet.

use super::add::add;
use super::position::{lock, position};
use crate::message::{Position, Tallied};
use crate::store::connection::Conn;
use crate::store::error::Error;

/// Counts those of the `recorded` messages that the position has passed, those of the `removed` that it has not reached, and
/// those of the `moved` that went from after to before it. Must be the end of the transaction that does this, as the position
/// stays locked.
pub(in crate::store) fn settle(
    conn: &mut Conn,
    recorded: &[Tallied],
    removed: &[Tallied],
    moved: &[(Position, Tallied)],
) -> Result<(), Error> {
    if recorded.is_empty() {
        if removed.is_empty() && moved.is_empty() {
            return Ok(());
        }
        // Most were counted long ago, and the position only moves forward.
        let passed = position(conn)?;
        let mut from = removed.iter().map(|message| message.position);
        if from.all(|from| from <= passed) && moved.iter().all(|(from, _)| *from <= passed) {
            return Ok(());
        }
    }
    let (passed, kept) = lock(conn)?;
    let late = recorded.iter().filter(|message| message.position <= passed);
    let early = removed.iter().filter(|message| message.position > passed);
    let moved = moved.iter().filter_map(|(from, message)| {
        let is_missed = *from > passed && message.position <= passed;
        is_missed.then_some(message)
    });
    add(conn, late.chain(early).chain(moved), kept, passed.created_at)
}
