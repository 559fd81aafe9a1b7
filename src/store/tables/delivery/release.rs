//! Ending claims before their time.

use diesel::prelude::*;
use uuid::Uuid;

use super::picked::{Picked, with_picked};
use super::row::target;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::deliveries;
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
    let Release {
        listener,
        claim,
        events,
    } = given_back;
    end_claims(tx.conn(), &target(*listener), *claim, events, now)
}

pub(super) fn end_claims(
    conn: &mut Conn,
    target: &str,
    claim: Uuid,
    events: &[Uuid],
    now: i64,
) -> Result<usize, Error> {
    let claimed = Picked::of(target, events.iter().map(|id| id.as_bytes().as_slice()));
    claimed.lock(conn)?;
    let mut ended = 0;
    with_picked!(claimed, conn, (conn, rows) => {
        let held = rows.filter(deliveries::claimed_by.eq(claim.as_bytes().as_slice()));
        ended += diesel::update(held)
            .set((
                deliveries::due.eq(now),
                deliveries::claimed_by.eq(None::<Vec<u8>>),
            ))
            .execute(conn)?;
    });
    Ok(ended)
}
