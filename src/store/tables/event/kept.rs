//! Purging the events that are kept for audits.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::message::Position;
use crate::store::error::Error;
use crate::store::schema::events;
use crate::store::tables::ids::{self, CHUNK};
use crate::store::transaction::Tx;

/// Deletes kept events reported before `before`, in microseconds since 1970, except those that wait to be delivered. Looks at up
/// to `limit` events after a position; returns how many it deleted, and the last position unless there are no more.
pub fn sweep_kept(
    tx: &mut Tx<'_>,
    after: Position,
    before: i64,
    limit: i64,
) -> Result<(usize, Option<Position>), Error> {
    let last = after.id.as_bytes().to_vec();
    let at = events::created_at;
    let oldest: Vec<(i64, Vec<u8>)> = events::table
        .select((at, events::id))
        .filter(at.ge(after.created_at))
        .filter(at.gt(after.created_at).or(events::id.gt(last)))
        .filter(at.lt(before))
        .order((at, events::id))
        .limit(limit)
        .load(tx.conn())?;
    let mut deleted = 0;
    for chunk in oldest.chunks(CHUNK) {
        let settled: Vec<Vec<u8>> = events::table
            .select(events::id)
            .filter(events::id.eq_any(chunk.iter().map(|(_, id)| id)))
            .filter(sql::<Bool>(
                "(SELECT 1 FROM deliveries WHERE deliveries.event_id = events.id LIMIT 1) IS NULL",
            ))
            .load(tx.conn())?;
        if !settled.is_empty() {
            let rows = events::table.filter(events::id.eq_any(settled));
            deleted += diesel::delete(rows).execute(tx.conn())?;
        }
    }
    let is_full = i64::try_from(oldest.len()).is_ok_and(|seen| seen == limit);
    let last = oldest.last().filter(|_| is_full).cloned();
    Ok((deleted, last.map(ids::position).transpose()?))
}
