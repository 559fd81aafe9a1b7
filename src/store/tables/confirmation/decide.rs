//! What owners of addresses decide.

use diesel::prelude::*;

use super::read::by_token;
use super::row::number;
use crate::listener::{Confirmation, ConfirmationState};
use crate::store::error::Error;
use crate::store::schema::confirmations;
use crate::store::transaction::Tx;

/// How long a refusal holds, in microseconds: a year.
const REFUSED: i64 = 365 * 86_400_000_000;

/// What the owner of an address decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// To be sent the events of the project.
    Confirm,
    /// Not to be sent them, and not to be asked again.
    Refuse,
}

/// Notes what the owner of an address decides by the link with a token of this digest, and returns the confirmation as it is then;
/// none if there is no such link. A link that is no longer valid can still refuse. `now` in microseconds since 1970.
pub fn decide(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    decision: Decision,
    now: i64,
) -> Result<Option<Confirmation>, Error> {
    let conn = tx.conn();
    let Some(known) = by_token(conn, digest)? else {
        return Ok(None);
    };
    let (state, expires_at) = match decision {
        Decision::Confirm if known.is_expired(now) => return Ok(Some(known)),
        Decision::Confirm => (ConfirmationState::Confirmed, None),
        Decision::Refuse => (ConfirmationState::Refused, Some(now.saturating_add(REFUSED))),
    };
    if known.state == state {
        return Ok(Some(known));
    }
    let row = confirmations::table.filter(confirmations::token.eq(digest.as_slice()));
    diesel::update(row)
        .set((
            confirmations::state.eq(number(state)),
            confirmations::due.eq(None::<i64>),
            confirmations::decided_at.eq(now),
            confirmations::expires_at.eq(expires_at),
        ))
        .execute(conn)?;
    Ok(Some(Confirmation {
        state,
        due: None,
        decided_at: Some(now),
        ..known
    }))
}
