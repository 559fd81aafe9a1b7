//! Deleting final notifications that are old.

use diesel::prelude::*;

use crate::store::error::Error;
use crate::store::schema::{failure_notifications, failure_steps, failure_updates, failure_vmoves};
use crate::store::transaction::Tx;

/// Deletes up to `limit` final notifications accepted before a time (microseconds since 1970), the oldest first, with all that
/// belongs to them, and returns their number.
pub fn purge(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    // By their ids: MariaDB would lock what a subquery of the deletion reads.
    let found: Vec<(i64, Vec<u8>)> = failure_notifications::table
        .select((failure_notifications::id, failure_notifications::uuid))
        .filter(failure_notifications::created_at.lt(before))
        .filter(failure_notifications::turn.is_null())
        .order((failure_notifications::created_at, failure_notifications::id))
        .limit(limit)
        .load(tx.conn())?;
    let (ids, uuids): (Vec<i64>, Vec<Vec<u8>>) = found.into_iter().unzip();
    if ids.is_empty() {
        return Ok(0);
    }
    let steps = failure_steps::table.filter(failure_steps::notification_uuid.eq_any(&uuids));
    diesel::delete(steps).execute(tx.conn())?;
    let updates = failure_updates::table.filter(failure_updates::notification_uuid.eq_any(&uuids));
    diesel::delete(updates).execute(tx.conn())?;
    let vmoves = failure_vmoves::table.filter(failure_vmoves::notification_uuid.eq_any(&uuids));
    diesel::delete(vmoves).execute(tx.conn())?;
    let rows = failure_notifications::table.filter(failure_notifications::id.eq_any(&ids));
    Ok(diesel::delete(rows).execute(tx.conn())?)
}
