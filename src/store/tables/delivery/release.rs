//! Ending claims before their time.

use diesel::prelude::*;
use uuid::Uuid;

use super::row::target;
use crate::store::error::Error;
use crate::store::schema::deliveries;
use crate::store::tables::ids::CHUNK;
use crate::store::transaction::Tx;

/// Deliveries that were claimed and are not tried now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The listener.
    pub listener: Uuid,
    /// The claim.
    pub claim: Uuid,
    /// Their events.
    pub events: Vec<Uuid>,
}

/// Makes deliveries due at once, unless their claim is over. Returns how many.
pub fn release(tx: &mut Tx<'_>, given_back: &Release, now: i64) -> Result<usize, Error> {
    let target = target(given_back.listener);
    let mut released = 0;
    for events in given_back.events.chunks(CHUNK) {
        let rows = deliveries::table
            .filter(deliveries::target.eq(&target))
            .filter(deliveries::event_id.eq_any(events.iter().map(|id| id.as_bytes().as_slice())))
            .filter(deliveries::claimed_by.eq(given_back.claim.as_bytes().as_slice()));
        released += diesel::update(rows)
            .set((
                deliveries::due.eq(now),
                deliveries::claimed_by.eq(None::<Vec<u8>>),
            ))
            .execute(tx.conn())?;
    }
    Ok(released)
}
