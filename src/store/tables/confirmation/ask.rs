//! Noting whose owners are to be asked.

use std::collections::HashSet;

use diesel::prelude::*;

use super::read::of_addresses;
use super::row::{ConfirmationRow, number};
use crate::listener::{Confirmation, ConfirmationState, StoredListener};
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::confirmations;
use crate::store::tables::ids::CHUNK;
use crate::store::tables::listener::{self, ListenerFilter};
use crate::store::transaction::Tx;

/// The most addresses of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// Whose owners have not confirmed.
    pub unconfirmed: u64,
    /// Whose owners have.
    pub confirmed: u64,
}

/// What became of a wish to have owners asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// They are asked, unless they were lately.
    Yes,
    /// The project would have more addresses whose owners have not confirmed than it may.
    TooManyUnconfirmed,
    /// Its listeners name as many confirmed addresses as it may have.
    TooManyConfirmed,
}

/// Has the owners of addresses asked, unless they were lately, or the project has too many of them: then nothing changes. `now` in
/// microseconds since 1970.
pub fn ask(
    tx: &mut Tx<'_>,
    project: &str,
    addresses: &[String],
    most: Most,
    now: i64,
) -> Result<Asked, Error> {
    if addresses.is_empty() {
        return Ok(Asked::Yes);
    }
    let known = of_addresses(tx.conn(), project, addresses)?;
    let named: HashSet<&str> = known.iter().map(|known| known.address.as_str()).collect();
    let new = addresses
        .iter()
        .filter(|address| !named.contains(address.as_str()));
    let new: Vec<_> = new
        .map(|address| ConfirmationRow::new(project, address, now))
        .collect();
    if !new.is_empty() {
        let added = u64::try_from(new.len()).unwrap_or(u64::MAX);
        if count(tx.conn(), project, false)?.saturating_add(added) > most.unconfirmed {
            return Ok(Asked::TooManyUnconfirmed);
        }
        if count(tx.conn(), project, true)? >= most.confirmed
            && forget_unused(tx, project, addresses)? >= most.confirmed
        {
            return Ok(Asked::TooManyConfirmed);
        }
        insert_new!(tx.conn(), confirmations::table, &new);
    }
    for again in known.iter().filter(|known| known.may_be_asked_again(now)) {
        ask_again(tx.conn(), again, now)?;
    }
    Ok(Asked::Yes)
}

/// The number of addresses of a project whose owners have confirmed, or have not.
fn count(conn: &mut Conn, project: &str, is_confirmed: bool) -> Result<u64, Error> {
    let confirmed = number(ConfirmationState::Confirmed);
    let of_project = confirmations::table.filter(confirmations::project_id.eq(project));
    let count: i64 = if is_confirmed {
        let rows = of_project.filter(confirmations::state.eq(confirmed));
        rows.count().get_result(conn)?
    } else {
        let rows = of_project.filter(confirmations::state.ne(confirmed));
        rows.count().get_result(conn)?
    };
    Ok(count.unsigned_abs())
}

/// Forgets the confirmed addresses that no listener of the project names, and returns how many are left.
fn forget_unused(tx: &mut Tx<'_>, project: &str, wanted: &[String]) -> Result<u64, Error> {
    let filter = ListenerFilter {
        project: Some(project.to_owned()),
        ..ListenerFilter::default()
    };
    let listeners = listener::list(tx.conn(), &filter, i64::MAX)?;
    let mut used: HashSet<String> = listeners.iter().flat_map(StoredListener::addresses).collect();
    used.extend(wanted.iter().cloned());
    let confirmed: Vec<String> = confirmations::table
        .select(confirmations::address)
        .filter(confirmations::project_id.eq(project))
        .filter(confirmations::state.eq(number(ConfirmationState::Confirmed)))
        .load(tx.conn())?;
    let (left, unused): (Vec<_>, Vec<_>) = confirmed.into_iter().partition(|address| used.contains(address));
    for unused in unused.chunks(CHUNK) {
        let rows = confirmations::table
            .filter(confirmations::project_id.eq(project))
            .filter(confirmations::address.eq_any(unused));
        diesel::delete(rows).execute(tx.conn())?;
    }
    Ok(u64::try_from(left.len()).unwrap_or(u64::MAX))
}

/// Has the owner of an address asked again, unless that has changed since it was read.
fn ask_again(conn: &mut Conn, known: &Confirmation, now: i64) -> Result<(), Error> {
    let row = confirmations::table
        .find((&known.project, &known.address))
        .filter(confirmations::state.eq(number(known.state)));
    diesel::update(row)
        .set((
            confirmations::state.eq(number(ConfirmationState::Waiting)),
            confirmations::due.eq(now),
            confirmations::tries.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}
