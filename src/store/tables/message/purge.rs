//! Deleting expired messages.

use diesel::prelude::*;

use super::tallied;
use crate::message::time::SECOND;
use crate::store::dialect::among::among;
use crate::store::dialect::locked::load_locked;
use crate::store::error::Error;
use crate::store::schema::messages;
use crate::store::tables::ids::CHUNK;
use crate::store::tables::rollup;
use crate::store::transaction::Tx;

/// Roll-ups that are further behind are not up to date, in microseconds.
const BEHIND: i64 = 86_400 * SECOND;

/// Deletes up to `limit` messages that expired before `before` (microseconds since 1970), those that expired first before
/// others, and returns their number. Those that roll-ups have not reached are read first, to be counted.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let counted = rollup::position(tx.conn())?.created_at;
    let mut deleted = 0;
    // Otherwise most of those that have expired might be left out.
    if counted >= before.saturating_sub(BEHIND) {
        let key = "project_id, created_at, id";
        // Not by the index of that column, which may have far more matches.
        let only = format!("created_at + 0 < {counted}");
        let conn = tx.conn();
        deleted = conn.delete_least("messages", key, "expires_at", &only, before, limit)?;
    }
    let left = limit - i64::try_from(deleted).unwrap_or(limit);
    if left <= 0 {
        return Ok(deleted);
    }
    let expired = messages::table
        .select(tallied::columns())
        .filter(messages::expires_at.lt(before))
        .order(messages::expires_at.asc())
        .limit(left);
    let expired = tallied::load(load_locked!(tx.conn(), expired))?;
    for chunk in expired.chunks(CHUNK) {
        let ids = chunk
            .iter()
            .map(|message| message.position.id.as_bytes().as_slice());
        deleted += diesel::delete(messages::table.filter(among(messages::id, ids))).execute(tx.conn())?;
    }
    tx.removed_messages(expired);
    Ok(deleted)
}
