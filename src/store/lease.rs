//! Leases: rows that let one of several processes do what only one should, until it stops renewing.

use diesel::prelude::*;

use super::error::Error;
use super::schema::leases;
use super::write::Tx;

/// Takes or renews the lease for `holder` until `until`.
///
/// # Errors
/// [`Error::Conflict`] naming the holder when another one has it now. Times are microseconds since 1970.
pub fn take(tx: &mut Tx<'_>, name: &str, holder: &str, now: i64, until: i64) -> Result<(), Error> {
    let line = leases::table.filter(leases::name.eq(name));
    let known: Option<(String, i64)> = line
        .select((leases::holder, leases::expires_at))
        .first(tx.conn())
        .optional()?;
    match known {
        Some((other, expires_at)) if other != holder && expires_at > now => Err(Error::Conflict(other)),
        Some(_) => {
            diesel::update(line)
                .set((leases::holder.eq(holder), leases::expires_at.eq(until)))
                .execute(tx.conn())?;
            Ok(())
        }
        None => {
            diesel::insert_into(leases::table)
                .values((
                    leases::name.eq(name),
                    leases::holder.eq(holder),
                    leases::expires_at.eq(until),
                ))
                .execute(tx.conn())?;
            Ok(())
        }
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
