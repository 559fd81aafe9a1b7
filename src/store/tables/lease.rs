//! Leases: rows that let only one of several processes do something, until it stops renewing the lease or a process of the
//! same host sees that it has ended.

use diesel::prelude::*;

use super::holder;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::leases;
use crate::store::transaction::Tx;

/// Takes or renews the lease for `holder` until `until`.
///
/// The condition is part of the UPDATE: of two that find the lease free at once, perhaps on different nodes, only one changes
/// the row. [`Error::Conflict`] names another holder. Times are microseconds since 1970.
pub fn take(tx: &mut Tx<'_>, name: &str, holder: &str, now: i64, until: i64) -> Result<(), Error> {
    match try_take(tx, name, holder, now, until)? {
        None => Ok(()),
        Some(other) => Err(Error::Conflict(other)),
    }
}

/// As [`take`], but returns another holder rather than an error.
pub fn try_take(
    tx: &mut Tx<'_>,
    name: &str,
    holder: &str,
    now: i64,
    until: i64,
) -> Result<Option<String>, Error> {
    let row = leases::table.filter(leases::name.eq(name));
    let free = row.filter(leases::holder.eq(holder).or(leases::expires_at.le(now)));
    let lease = (leases::holder.eq(holder), leases::expires_at.eq(until));
    if diesel::update(free).set(lease).execute(tx.conn())? == 1 {
        return Ok(None);
    }
    let other: Option<(String, i64)> = row
        .select((leases::holder, leases::expires_at))
        .first(tx.conn())
        .optional()?;
    let taken = match other {
        Some((other, expires_at)) if expires_at > now => {
            if !holder::is_gone(&other) {
                return Ok(Some(holder::shown(&other)));
            }
            let left = row.filter(leases::holder.eq(other));
            diesel::update(left).set(lease).execute(tx.conn())?
        }
        // It was inserted or expired meanwhile.
        Some(_) => 0,
        None => {
            let inserted = diesel::insert_into(leases::table)
                .values((leases::name.eq(name), lease))
                .execute(tx.conn());
            match inserted.map_err(Error::from) {
                Err(Error::Conflict(_)) => 0,
                inserted => inserted?,
            }
        }
    };
    match taken {
        1 => Ok(None),
        // The transaction runs again.
        _ => Err(Error::Busy("a lease changed hands".to_owned())),
    }
}

/// A lease, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRecord {
    /// Its name.
    pub name: String,
    /// The host and process that has it, or had it last.
    pub holder: String,
    /// When it ends, in microseconds since 1970.
    pub expires_at: i64,
}

/// The leases, by name, up to `most`.
pub fn list(conn: &mut Conn, most: i64) -> Result<Vec<LeaseRecord>, Error> {
    let rows: Vec<(String, String, i64)> = leases::table
        .select((leases::name, leases::holder, leases::expires_at))
        .order(leases::name)
        .limit(most)
        .load(conn)?;
    let leases = rows.into_iter().map(|(name, holder, expires_at)| LeaseRecord {
        name,
        holder: holder::shown(&holder),
        expires_at,
    });
    Ok(leases.collect())
}

/// Releases the lease, if `holder` still has it.
pub fn release(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), Error> {
    let row = leases::table
        .filter(leases::name.eq(name))
        .filter(leases::holder.eq(holder));
    diesel::delete(row).execute(tx.conn())?;
    Ok(())
}
