//! Reading confirmations.

use diesel::prelude::*;

use super::row::{ConfirmationRow, number};
use crate::listener::{Confirmation, ConfirmationState};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::confirmations;

/// How far ahead a request may be due, in microseconds: two days. One that is due later was put off by a clock that was set back
/// since.
const FARTHEST: i64 = 2 * 86_400_000_000;

/// The confirmations of these addresses, as few as one listener has, in a project.
pub fn of_addresses(
    conn: &mut Conn,
    project: &str,
    addresses: &[String],
) -> Result<Vec<Confirmation>, Error> {
    let rows: Vec<ConfirmationRow> = confirmations::table
        .filter(confirmations::project_id.eq(project))
        .filter(confirmations::address.eq_any(addresses))
        .load(conn)?;
    rows.into_iter().map(Confirmation::try_from).collect()
}

/// The confirmation that the link with a token of this digest is about.
pub fn by_token(conn: &mut Conn, digest: &[u8; 32]) -> Result<Option<Confirmation>, Error> {
    let row: Option<ConfirmationRow> = confirmations::table
        .filter(confirmations::token.eq(digest.as_slice()))
        .first(conn)
        .optional()?;
    row.map(Confirmation::try_from).transpose()
}

/// The address whose owner is to be asked next, if that is due at `now`, in microseconds since 1970.
pub fn next_due(conn: &mut Conn, now: i64) -> Result<Option<Confirmation>, Error> {
    let due = confirmations::due;
    // One in a state that a newer program knows must not hold up the others.
    let waiting = confirmations::table.filter(confirmations::state.eq(number(ConfirmationState::Waiting)));
    let first = waiting.filter(due.le(now)).order(due);
    let mut row: Option<ConfirmationRow> = first.first(conn).optional()?;
    if row.is_none() {
        let put_off = waiting.filter(due.gt(now.saturating_add(FARTHEST)));
        row = put_off.order(due).first(conn).optional()?;
    }
    row.map(Confirmation::try_from).transpose()
}
