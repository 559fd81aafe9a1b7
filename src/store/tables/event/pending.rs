//! Events that are not kept for audits: they stay until their last delivery is settled.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::pending_events;
use crate::store::tables::ids::CHUNK;
use crate::store::transaction::Tx;

/// That an event has no delivery left, nor one that is still to be taken over from a server of the last release: one snapshot
/// sees either the row of the outbox or the delivery that it became. PostgreSQL would turn NOT EXISTS into a join that scans.
const IS_SETTLED: &str = "(SELECT 1 FROM deliveries WHERE deliveries.event_id = pending_events.id LIMIT 1) IS NULL AND \
                          (SELECT 1 FROM outbox WHERE outbox.target IN ('log', 'messaging', 'messagingv2') \
                          AND outbox.id = pending_events.id LIMIT 1) IS NULL";

/// Deletes those of up to [`CHUNK`] events that have no delivery left.
///
/// They are selected first: the subqueries of a DELETE would lock other targets' deliveries on MariaDB, and two targets that
/// settle the same events would block each other. Of two that settle the last two deliveries of an event at once, neither sees
/// that it settles the last; [`sweep_pending`] deletes such events.
pub(in crate::store) fn delete_settled<'a>(
    conn: &mut Conn,
    ids: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Result<(), Error> {
    let settled: Vec<Vec<u8>> = pending_events::table
        .select(pending_events::id)
        .filter(pending_events::id.eq_any(ids))
        .filter(sql::<Bool>(IS_SETTLED))
        .load(conn)?;
    if !settled.is_empty() {
        let rows = pending_events::table.filter(pending_events::id.eq_any(&settled));
        diesel::delete(rows).execute(conn)?;
    }
    Ok(())
}

/// Deletes events reported before `before`, in microseconds since 1970, that have no delivery left and were not deleted with the
/// last. Looks at up to `limit` events after the id `after` and returns the last of them, unless there are no more.
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
    for chunk in ids.chunks(CHUNK) {
        delete_settled(tx.conn(), chunk.iter().copied())?;
    }
    let is_full = i64::try_from(ids.len()).is_ok_and(|seen| seen == limit);
    Ok(ids.last().filter(|_| is_full).map(|id| id.to_vec()))
}
