//! Leases: rows that let one of several processes do what only one should, until it stops renewing.

use diesel::prelude::*;

use super::error::Error;
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
    let taken = diesel::update(free)
        .set((leases::holder.eq(holder), leases::expires_at.eq(until)))
        .execute(tx.conn())?;
    if taken == 1 {
        return Ok(());
    }
    let other: Option<(String, i64)> = line
        .select((leases::holder, leases::expires_at))
        .first(tx.conn())
        .optional()?;
    match other {
        Some((other, expires_at)) if expires_at > now => return Err(Error::Conflict(other)),
        // It came into being since the look before; the transaction is run again.
        Some(_) => return Err(Error::Busy("a lease changed hands".to_owned())),
        None => {}
    }
    diesel::insert_into(leases::table)
        .values((
            leases::name.eq(name),
            leases::holder.eq(holder),
            leases::expires_at.eq(until),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Gives the lease back, if `holder` still has it.
pub fn release(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), Error> {
    let line = leases::table
        .filter(leases::name.eq(name))
        .filter(leases::holder.eq(holder));
    diesel::delete(line).execute(tx.conn())?;
    Ok(())
}
