//! Whether a connection has one backend of PostgreSQL to itself.
//!
//! A pooler that assigns a backend for each transaction or statement loses the state that the store keeps in its session:
//! settings, prepared statements, the lock of a migration. A client cannot ask a pooler for its mode, but two connections
//! reveal it: one of them gets a backend other than its first, or the other's. Poolers reuse the newest or the oldest idle
//! backend, so the two are released in both orders.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use crate::store::error::Error;

/// Refuses a pooler that does not assign one backend to a client for as long as it is connected: [`Error::Conflict`] names
/// the setting to change.
pub(super) fn check(one: &mut PgConnection, other: &mut PgConnection) -> Result<(), Error> {
    match is_kept(one, other) {
        Ok(true) => Ok(()),
        Ok(false) => Err(pooled()),
        // PgBouncer's error on BEGIN.
        Err(error) if error.to_string().contains("statement pooling mode") => Err(pooled()),
        Err(error) => Err(error),
    }
}

fn is_kept(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool, Error> {
    let (of_one, of_other) = (backend(one)?, backend(other)?);
    if of_one == of_other {
        return Ok(false);
    }
    for is_one_first in [true, false] {
        one.batch_execute("BEGIN")?;
        other.batch_execute("BEGIN")?;
        let is_kept = backend(one)? == of_one && backend(other)? == of_other;
        let (first, second) = if is_one_first {
            (&mut *one, &mut *other)
        } else {
            (&mut *other, &mut *one)
        };
        first.batch_execute("COMMIT")?;
        second.batch_execute("COMMIT")?;
        if !is_kept || backend(one)? != of_one || backend(other)? != of_other {
            return Ok(false);
        }
    }
    Ok(true)
}

fn backend(conn: &mut PgConnection) -> Result<i32, Error> {
    Ok(sql::<Integer>("SELECT pg_backend_pid()").get_result(conn)?)
}

fn pooled() -> Error {
    Error::Conflict(
        "a pooler gives each transaction or statement another connection to the server: set pool_mode = session for \
         this database or user, or connect to the server itself"
            .to_owned(),
    )
}
