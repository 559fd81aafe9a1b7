//! Claiming the events to deliver next.

use diesel::prelude::*;
use uuid::Uuid;

use crate::event::Envelope;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{deliveries, events, pending_events};
use crate::store::tables::event::{EventRow, PAGE_BYTES, PAGE_ROWS, columns};
use crate::store::tables::ids::uuid;

/// The events to deliver next.
#[derive(Debug, Default)]
pub struct Claim {
    /// In the order of their ids.
    pub events: Vec<Envelope>,
    /// Deliveries before or among them whose event is missing, as after a restore, or when a server of the last release has
    /// purged it; or cannot be read.
    pub lost: Vec<Uuid>,
}

/// Loads the events of a table that wait for a target, between two ids.
macro_rules! waiting {
    ($conn:expr, $table:ident, $target:expr, $after:expr, $end:expr) => {
        deliveries::table
            .inner_join($table::table.on($table::id.eq(deliveries::event_id)))
            .select(columns!($table))
            .filter(deliveries::target.eq($target))
            .filter(deliveries::event_id.gt($after))
            .filter(deliveries::event_id.le($end))
            .load::<EventRow<'static>>($conn)?
    };
}

/// Returns the oldest events that wait for `target`: up to `limit`, and about [`PAGE_BYTES`].
pub fn claim(conn: &mut Conn, target: &str, limit: usize) -> Result<Claim, Error> {
    let (mut claim, mut after, mut bytes) = (Claim::default(), Vec::new(), 0);
    while claim.events.len() < limit && claim.lost.len() < limit && bytes < PAGE_BYTES {
        let wanted = PAGE_ROWS.min(limit - claim.events.len());
        let ids: Vec<Vec<u8>> = deliveries::table
            .select(deliveries::event_id)
            .filter(deliveries::target.eq(target))
            .filter(deliveries::event_id.gt(&after))
            .order(deliveries::event_id)
            .limit(i64::try_from(wanted).unwrap_or(i64::MAX))
            .load(conn)?;
        let Some(end) = ids.last() else { break };
        let mut rows = waiting!(conn, pending_events, target, &after, end);
        if rows.len() < ids.len() {
            rows.extend(waiting!(conn, events, target, &after, end));
        }
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        if rows.len() < ids.len() {
            let is_lost = |id: &&Vec<u8>| rows.binary_search_by(|row| row.id.as_ref().cmp(id)).is_err();
            let lost = ids.iter().filter(is_lost).map(|id| uuid(id));
            claim.lost.extend(lost.collect::<Result<Vec<_>, _>>()?);
        }
        bytes += rows.iter().map(EventRow::size).sum::<usize>();
        for row in rows {
            let id = uuid(&row.id)?;
            match Envelope::try_from(row) {
                Ok(event) => claim.events.push(event),
                Err(error) => {
                    tracing::error!(%error, "an event cannot be read");
                    claim.lost.push(id);
                }
            }
        }
        if ids.len() < wanted {
            break;
        }
        after.clone_from(end);
    }
    Ok(claim)
}
