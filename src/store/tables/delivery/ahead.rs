//! Deliveries that are due too far ahead: the clock of a server was wrong when it wrote or claimed them, or they lie behind another
//! one that is gone, as two nodes of a cluster can leave them.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use uuid::Uuid;

use super::row::{BEHIND, NEVER, target};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::deliveries;
use crate::store::tables::ids::uuid;
use crate::store::transaction::Tx;

/// The latest times at which deliveries can rightly be due, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Horizon {
    /// For those that are claimed or were not tried yet.
    pub claims: i64,
    /// For all.
    pub retries: i64,
}

/// The most that are found at a time: one statement changes them.
const MOST: i64 = 500;

/// That a delivery is claimed, or is the first of its resource, if it must stay in order, and was not tried or lies behind another
/// one: at [`BEHIND`], which is 9223372036854775806.
const IS_NOT_RETRIED: &str = "(deliveries.claimed_by IS NOT NULL \
                              OR (deliveries.attempts = 0 OR deliveries.due = 9223372036854775806) \
                              AND (deliveries.order_key IS NULL OR (SELECT 1 FROM deliveries earlier \
                              WHERE earlier.target = deliveries.target AND earlier.order_key = deliveries.order_key \
                              AND earlier.event_id < deliveries.event_id LIMIT 1) IS NULL))";

/// Some deliveries of a listener that are due beyond the horizon. Reads all that are due beyond that of claims.
pub fn too_far_ahead(conn: &mut Conn, listener: Uuid, horizon: Horizon) -> Result<Vec<Uuid>, Error> {
    let is_late = deliveries::due
        .gt(horizon.retries)
        .and(deliveries::due.lt(BEHIND));
    let is_wrong = is_late.or(sql::<Nullable<Bool>>(IS_NOT_RETRIED));
    let ids: Vec<Vec<u8>> = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::due.gt(horizon.claims))
        .filter(deliveries::due.lt(NEVER))
        .filter(is_wrong)
        .order((deliveries::due, deliveries::event_id))
        .limit(MOST)
        .load(conn)?;
    ids.iter().map(|id| uuid(id)).collect()
}

/// Makes these deliveries due at `now` as far as they still are due beyond the horizon, and ends their claims. Returns how many
/// it were.
pub fn bring_forward(
    tx: &mut Tx<'_>,
    listener: Uuid,
    ids: &[Uuid],
    horizon: Horizon,
    now: i64,
) -> Result<usize, Error> {
    let rows = deliveries::table
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::event_id.eq_any(ids.iter().map(|id| id.as_bytes().as_slice())))
        .filter(deliveries::due.gt(horizon.claims))
        .filter(deliveries::due.lt(NEVER));
    let changed = diesel::update(rows).set((
        deliveries::due.eq(now),
        deliveries::claimed_by.eq(None::<Vec<u8>>),
    ));
    Ok(changed.execute(tx.conn())?)
}
