//! Mailing requests: each is claimed under a token of its own, so that a server that dies loses none, and what it claimed ends
//! nothing of the next claim.

use diesel::prelude::*;

use super::row::{REMEMBERED, number};
use crate::listener::{Confirmation, ConfirmationState, mailbox};
use crate::store::error::Error;
use crate::store::schema::confirmations;
use crate::store::transaction::Tx;

/// A day, in microseconds.
const DAY: i64 = 86_400_000_000;

/// The most requests of all projects together that one mailbox is sent in a day.
const MOST_A_DAY: i64 = 3;

/// How long a request for a mailbox that was sent too many is put off, in microseconds: an hour.
const PUT_OFF: i64 = 3_600_000_000;

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The request is to be mailed with the token.
    Held,
    /// Another server has claimed it, or it is no longer due.
    Lost,
    /// The mailbox was sent too many requests; this one is due later.
    PutOff,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mailed {
    /// The mail server has it.
    Sent,
    /// It is tried again then, in microseconds since 1970.
    Later(i64),
    /// It is not tried again.
    Never,
}

/// Claims a request until a time, as it was read, unless the address was sent as many as it may be. The link with a token of this digest replaces earlier ones. Times are microseconds
/// since 1970.
pub fn claim(
    tx: &mut Tx<'_>,
    read: &Confirmation,
    digest: &[u8; 32],
    now: i64,
    until: i64,
) -> Result<Claim, Error> {
    let row = confirmations::table
        .find((&read.project, &read.address))
        .filter(confirmations::due.eq(read.due));
    if !read.may_be_mailed() || has_refused(tx, read)? {
        let undeliverable = (
            confirmations::state.eq(number(ConfirmationState::Undeliverable)),
            confirmations::due.eq(None::<i64>),
        );
        diesel::update(row).set(undeliverable).execute(tx.conn())?;
        return Ok(Claim::Lost);
    }
    if is_crowded(tx, read, now)? {
        let put_off = confirmations::due.eq(now.saturating_add(PUT_OFF));
        diesel::update(row).set(put_off).execute(tx.conn())?;
        return Ok(Claim::PutOff);
    }
    let claimed = diesel::update(row)
        .set((
            confirmations::due.eq(until),
            confirmations::tries.eq(read.tries.saturating_add(1)),
            // From now on: a server that dies may have mailed it.
            confirmations::mails.eq(read.mails.saturating_add(1)),
            confirmations::token.eq(digest.as_slice()),
            confirmations::asked_at.eq(now),
            confirmations::expires_at.eq(now.saturating_add(REMEMBERED)),
        ))
        .execute(tx.conn())?;
    Ok(if claimed > 0 { Claim::Held } else { Claim::Lost })
}

/// Whether the project's events were refused under another address of the same mailbox.
fn has_refused(tx: &mut Tx<'_>, read: &Confirmation) -> Result<bool, Error> {
    let refused = confirmations::table
        .select(confirmations::address)
        .filter(confirmations::mailbox.eq(mailbox(&read.address)))
        .filter(confirmations::project_id.eq(&read.project))
        .filter(confirmations::state.eq(number(ConfirmationState::Refused)));
    Ok(refused.first::<String>(tx.conn()).optional()?.is_some())
}

/// Whether the mailbox was sent as many other requests as it may be.
fn is_crowded(tx: &mut Tx<'_>, read: &Confirmation, now: i64) -> Result<bool, Error> {
    let is_other = confirmations::project_id
        .ne(&read.project)
        .or(confirmations::address.ne(&read.address));
    // Times further ahead are of a clock that was set back since.
    let others = confirmations::table
        .filter(confirmations::mailbox.eq(mailbox(&read.address)))
        .filter(confirmations::asked_at.gt(now.saturating_sub(DAY)))
        .filter(confirmations::asked_at.lt(now.saturating_add(DAY)))
        .filter(is_other);
    let count: i64 = others.count().get_result(tx.conn())?;
    Ok(count >= MOST_A_DAY)
}

/// Ends the claim under a token of this digest, unless the owner has decided or the request was claimed again.
pub fn settle(tx: &mut Tx<'_>, digest: &[u8; 32], mailed: Mailed) -> Result<(), Error> {
    let row = confirmations::table
        .filter(confirmations::token.eq(digest.as_slice()))
        .filter(confirmations::state.eq(number(ConfirmationState::Waiting)));
    let (state, due, unsent) = match mailed {
        Mailed::Sent => (ConfirmationState::Asked, None, 0),
        Mailed::Later(due) => (ConfirmationState::Waiting, Some(due), 1),
        Mailed::Never => (ConfirmationState::Undeliverable, None, 1),
    };
    diesel::update(row)
        .set((
            confirmations::state.eq(number(state)),
            confirmations::due.eq(due),
            confirmations::mails.eq(confirmations::mails - unsent),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Drops a request that no listener needs any more, as it was read. An address that was asked before is remembered: otherwise its
/// owner might be asked too often.
pub fn forget(tx: &mut Tx<'_>, read: &Confirmation) -> Result<(), Error> {
    let row = confirmations::table
        .find((&read.project, &read.address))
        .filter(confirmations::due.eq(read.due));
    if read.asked_at.is_none() {
        diesel::delete(row).execute(tx.conn())?;
        return Ok(());
    }
    diesel::update(row)
        .set((
            confirmations::state.eq(number(ConfirmationState::Asked)),
            confirmations::due.eq(None::<i64>),
        ))
        .execute(tx.conn())?;
    Ok(())
}
