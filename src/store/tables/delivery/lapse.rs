//! The leases of receivers that fetch their deliveries.

use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Nullable, SmallInt};
use uuid::Uuid;

use super::longest::longest_due;
use super::picked::{Picked, with_picked};
use super::row::{BEHIND, State, target};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::deliveries;
use crate::store::tables::ids::uuid;

/// A delivery that was leased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leased {
    /// The event.
    pub event: Uuid,
    /// How often it was leased before.
    pub attempts: usize,
    /// Under which id it was leased; none if it is not leased any more.
    pub holder: Option<Uuid>,
    /// Whether it waits to be settled or leased again.
    pub is_unfinished: bool,
}

/// The columns of [`Leased`].
type Row = (Vec<u8>, i32, Option<Vec<u8>>, i16);

impl TryFrom<Row> for Leased {
    type Error = Error;

    fn try_from((event, attempts, holder, state): Row) -> Result<Self, Error> {
        Ok(Self {
            event: uuid(&event)?,
            attempts: usize::try_from(attempts).unwrap_or(0),
            holder: holder.map(|holder| uuid(&holder)).transpose()?,
            is_unfinished: [State::Waiting, State::Dead].map(State::number).contains(&state),
        })
    }
}

/// Whether a listener has a delivery that is due at `now`, in microseconds since 1970.
pub fn is_due(conn: &mut Conn, listener: Uuid, now: i64) -> Result<bool, Error> {
    let due = deliveries::table
        .select(deliveries::event_id)
        .filter(deliveries::target.eq(target(listener)))
        .filter(deliveries::due.le(now))
        .order((deliveries::due, deliveries::event_id));
    Ok(due.first::<Vec<u8>>(conn).optional()?.is_some())
}

/// Of the `limit` deliveries of a listener that have been due for longest, those whose lease has ended.
pub fn lapsed(conn: &mut Conn, listener: Uuid, now: i64, limit: usize) -> Result<Vec<Leased>, Error> {
    let target = target(listener);
    let found: Result<Vec<Vec<Row>>, Error> = longest_due!(
        conn,
        &[(&target, limit)],
        now.min(BEHIND - 1),
        "",
        "event_id, attempts, claimed_by, state",
        (Binary, Integer, Nullable<Binary>, SmallInt)
    );
    let rows = found?.into_iter().flatten();
    let all = rows.map(Leased::try_from);
    let lapsed = all.filter(|leased| leased.as_ref().map_or(true, |leased| leased.holder.is_some()));
    lapsed.collect()
}

/// The deliveries of these events, as far as the listener has them.
pub fn leased(conn: &mut Conn, listener: Uuid, ids: &[Uuid]) -> Result<Vec<Leased>, Error> {
    let target = target(listener);
    let picked = Picked::of(&target, ids.iter().map(|id| id.as_bytes().as_slice()));
    let mut found: Vec<Row> = Vec::with_capacity(ids.len());
    with_picked!(picked, conn, (conn, rows) => {
        let columns = (
            deliveries::event_id,
            deliveries::attempts,
            deliveries::claimed_by,
            deliveries::state,
        );
        found.extend(rows.select(columns).load::<Row>(conn)?);
    });
    found.into_iter().map(Leased::try_from).collect()
}
