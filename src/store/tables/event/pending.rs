//! Events that are not kept for audits: they stay until their last delivery is complete.

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{deliveries, pending_events};
use crate::store::tables::ids::CHUNK;
use crate::store::transaction::Tx;

/// Deletes these events if they have no delivery left.
pub(in crate::store) fn delete_settled<'a>(
    conn: &mut Conn,
    ids: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Result<(), Error> {
    let ids: Vec<&[u8]> = ids.collect();
    for chunk in ids.chunks(CHUNK) {
        let left = deliveries::table.filter(deliveries::event_id.eq(pending_events::id));
        let settled = pending_events::table
            .filter(pending_events::id.eq_any(chunk.iter().copied()))
            .filter(not(exists(left)));
        diesel::delete(settled).execute(conn)?;
    }
    Ok(())
}

/// Deletes leftover events without deliveries that were reported before `before`, in microseconds since 1970: when two servers
/// complete the last two deliveries of an event at once, neither sees that it completes the last. Checks up to `limit` events
/// after the id `after` and returns the last of them, unless there are no more.
pub fn sweep_pending(
    tx: &mut Tx<'_>,
    after: &[u8],
    before: i64,
    limit: i64,
) -> Result<Option<Vec<u8>>, Error> {
    let oldest: Vec<(Vec<u8>, i64)> = pending_events::table
        .select((pending_events::id, pending_events::created_at))
        .filter(pending_events::id.gt(after))
        .order(pending_events::id)
        .limit(limit)
        .load(tx.conn())?;
    // Ids ascend with time.
    let due = oldest.iter().take_while(|(_, at)| *at < before);
    let ids: Vec<&[u8]> = due.map(|(id, _)| id.as_slice()).collect();
    delete_settled(tx.conn(), ids.iter().copied())?;
    let is_full = i64::try_from(ids.len()).is_ok_and(|seen| seen == limit);
    Ok(ids.last().filter(|_| is_full).map(|id| id.to_vec()))
}
