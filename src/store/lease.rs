//! Leases: rows that let one of several processes do what only one should, until it stops renewing, or until a process of
//! the same host sees that it is gone.

use diesel::prelude::*;

use super::error::Error;
use super::holder;
use super::schema::leases;
use super::write::Tx;

/// Takes or renews the lease for `holder` until `until`.
///
/// The condition is part of the UPDATE: of two that find the lease free at once, on different nodes perhaps, only one
/// changes the row.
///
/// # Errors
/// [`Error::Conflict`] naming the holder when another one has it now. Times are microseconds since 1970.
pub fn take(tx: &mut Tx<'_>, name: &str, holder: &str, now: i64, until: i64) -> Result<(), Error> {
    let line = leases::table.filter(leases::name.eq(name));
    let free = line.filter(leases::holder.eq(holder).or(leases::expires_at.le(now)));
    let lease = (leases::holder.eq(holder), leases::expires_at.eq(until));
    if diesel::update(free).set(lease).execute(tx.conn())? == 1 {
        return Ok(());
    }
    let other: Option<(String, i64)> = line
        .select((leases::holder, leases::expires_at))
        .first(tx.conn())
        .optional()?;
    let taken = match other {
        Some((other, expires_at)) if expires_at > now => {
            if !holder::is_gone(&other) {
                return Err(Error::Conflict(holder::shown(&other)));
            }
            let left = line.filter(leases::holder.eq(other));
            diesel::update(left).set(lease).execute(tx.conn())?
        }
        // It came into being since the look before.
        Some(_) => 0,
        None => diesel::insert_into(leases::table)
            .values((leases::name.eq(name), lease))
            .execute(tx.conn())?,
    };
    match taken {
        1 => Ok(()),
        // The transaction is run again.
        _ => Err(Error::Busy("a lease changed hands".to_owned())),
    }
}

/// Gives the lease back, if `holder` still has it.
pub fn release(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), Error> {
    let line = leases::table
        .filter(leases::name.eq(name))
        .filter(leases::holder.eq(holder));
    diesel::delete(line).execute(tx.conn())?;
    Ok(())
}
