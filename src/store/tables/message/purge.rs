//! Deleting expired messages.

use diesel::prelude::*;

use super::tallied;
use crate::message::Position;
use crate::store::dialect::among::among;
use crate::store::dialect::locked::load_locked;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids::CHUNK;
use crate::store::tables::rollup;
use crate::store::transaction::Tx;

/// Deletes up to `limit` messages that expired before `before` (microseconds since 1970), those that expired first before
/// others, and returns their number. Messages that roll-ups have not reached are counted, so they are read first; there are
/// few if [`rollup::advance`] has just run.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let counted = rollup::position(tx.conn())?;
    let key = "project_id, created_at, id";
    // Not by the index of that column, which may have far more matches.
    let only = format!("created_at + 0 < {}", counted.created_at);
    let deleted = tx
        .conn()
        .delete_least("messages", key, "expires_at", &only, before, limit)?;
    let left = limit - i64::try_from(deleted).unwrap_or(limit);
    if left <= 0 {
        return Ok(deleted);
    }
    Ok(deleted + after(tx, counted, before, left)?)
}

/// Deletes those that were created at this position or later. They are locked, so that of two who delete one at once only one
/// counts it.
fn after(tx: &mut Tx<'_>, counted: Position, before: i64, limit: i64) -> Result<usize, Error> {
    let expired = messages::table
        .select(tallied::columns())
        .filter(messages::created_at.ge(counted.created_at))
        .filter(messages::expires_at.lt(before))
        // A mark may outlive its message: then none is left that expired earlier, which lists rely on.
        .order((messages::expires_at.asc(), messages::id.asc()))
        .limit(limit);
    let expired = tallied::load(load_locked!(tx.conn(), expired))?;
    for chunk in expired.chunks(CHUNK) {
        let ids = chunk
            .iter()
            .map(|message| message.position.id.as_bytes().as_slice());
        diesel::delete(messages::table.filter(among(messages::id, ids))).execute(tx.conn())?;
    }
    let deleted = expired.len();
    tx.removed_messages(expired);
    Ok(deleted)
}
