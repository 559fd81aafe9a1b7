//! How far a service's table has been read.

use diesel::prelude::*;

use crate::store::connection::{Conn, with_each};
use crate::store::error::Error;
use crate::store::schema::follow_positions;

/// How far a service's table has been read.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct FollowPosition {
    /// The greatest expiry time among the rows that came in the order of these times, in microseconds since 1970.
    pub expires_at: i64,
    /// The time from a row's creation to its expiry, in microseconds, according to the newest row.
    pub ttl: i64,
    /// The last id of the current walk through all rows; empty at its beginning.
    pub walked: String,
    /// When the table was first read, in microseconds since 1970. Messages from before are not reported as events.
    pub since: i64,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Hash, Insertable, Queryable)]
#[diesel(table_name = follow_positions)]
pub(in crate::store) struct PositionRow {
    pub(in crate::store) service: String,
    expires_at: i64,
    ttl: i64,
    walked: String,
    since: i64,
}

/// Returns how far a service's table has been read; `None` if it has never been.
pub fn position(conn: &mut Conn, service: &str) -> Result<Option<FollowPosition>, Error> {
    let row = follow_positions::table.find(service).select((
        follow_positions::expires_at,
        follow_positions::ttl,
        follow_positions::walked,
        follow_positions::since,
    ));
    Ok(row.first(conn).optional()?)
}

/// Writes how far a service's table has been read.
pub(super) fn write(conn: &mut Conn, service: &str, position: &FollowPosition) -> Result<(), Error> {
    let row = follow_positions::table.find(service);
    let values = (
        follow_positions::expires_at.eq(position.expires_at),
        follow_positions::ttl.eq(position.ttl),
        follow_positions::walked.eq(&position.walked),
        follow_positions::since.eq(position.since),
    );
    // Only the holder of the lease writes it.
    diesel::delete(row).execute(conn)?;
    with_each!(conn, conn => diesel::insert_into(follow_positions::table)
        .values((follow_positions::service.eq(service), values))
        .execute(conn)?);
    Ok(())
}
