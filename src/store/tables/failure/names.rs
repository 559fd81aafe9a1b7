//! Segments and hosts by their names.

use diesel::prelude::*;
use uuid::Uuid;

use super::{host, segment};
use crate::failure::{Host, Segment};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{failover_hosts, failover_segments};
use crate::store::tables::ids::uuid;

/// The segment of this name.
pub fn segment_named(conn: &mut Conn, name: &str) -> Result<Segment, Error> {
    let found: Vec<u8> = failover_segments::table
        .select(failover_segments::uuid)
        .filter(failover_segments::name.eq(name))
        .first(conn)?;
    segment::show(conn, uuid(&found)?)
}

/// The host of this name.
pub fn host_named(conn: &mut Conn, name: &str) -> Result<Host, Error> {
    let found: Vec<u8> = failover_hosts::table
        .select(failover_hosts::uuid)
        .filter(failover_hosts::name.eq(name))
        .first(conn)?;
    let id: Uuid = uuid(&found)?;
    host::show(conn, id, None)
}
