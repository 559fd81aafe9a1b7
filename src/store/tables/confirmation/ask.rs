//! Noting whose owners are to be asked.

use std::collections::HashSet;

use diesel::prelude::*;

use super::read::of_addresses;
use super::row::{ConfirmationRow, number};
use crate::listener::{Confirmation, ConfirmationState};
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::confirmations;
use crate::store::transaction::Tx;

/// Has the owners of addresses asked, unless they were lately. Returns false, without a change, if the project would have more than
/// `most` addresses whose owners have not confirmed. `now` in microseconds since 1970.
pub fn ask(tx: &mut Tx<'_>, project: &str, addresses: &[String], most: u64, now: i64) -> Result<bool, Error> {
    if addresses.is_empty() {
        return Ok(true);
    }
    let conn = tx.conn();
    let known = of_addresses(conn, project, addresses)?;
    let named: HashSet<&str> = known.iter().map(|known| known.address.as_str()).collect();
    let new = addresses
        .iter()
        .filter(|address| !named.contains(address.as_str()));
    let new: Vec<_> = new
        .map(|address| ConfirmationRow::new(project, address, now))
        .collect();
    if !new.is_empty() {
        let added = u64::try_from(new.len()).unwrap_or(u64::MAX);
        if unconfirmed(conn, project)?.saturating_add(added) > most {
            return Ok(false);
        }
        insert_new!(conn, confirmations::table, &new);
    }
    for again in known.iter().filter(|known| known.may_be_asked_again(now)) {
        ask_again(conn, again, now)?;
    }
    Ok(true)
}

fn unconfirmed(conn: &mut Conn, project: &str) -> Result<u64, Error> {
    let rows = confirmations::table
        .filter(confirmations::project_id.eq(project))
        .filter(confirmations::state.ne(number(ConfirmationState::Confirmed)));
    let count: i64 = rows.count().get_result(conn)?;
    Ok(count.unsigned_abs())
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
