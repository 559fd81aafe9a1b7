//! Changing notifications, whose hosts are being recovered, and what engines have reported.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use uuid::Uuid;

use super::notification::{self, NewNotificationRow};
use crate::failure::{FailureNotification, Status, Turn};
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::{failure_notifications, failure_steps, failure_updates};
use crate::store::transaction::Tx;

/// Writes a notification's row and returns it: whatever else changes it waits, or fails on another node of Galera.
pub fn lock(tx: &mut Tx<'_>, id: Uuid) -> Result<FailureNotification, Error> {
    let bytes = id.as_bytes().as_slice();
    let row = failure_notifications::table.filter(failure_notifications::uuid.eq(bytes));
    diesel::update(row)
        .set(failure_notifications::uuid.eq(bytes))
        .execute(tx.conn())?;
    notification::show(tx.conn(), id)
}

/// Replaces a notification that is still as it was read. [`Error::Busy`] if it is not, or if its host was leased meanwhile.
pub fn replace(
    tx: &mut Tx<'_>,
    before: &FailureNotification,
    after: &FailureNotification,
) -> Result<(), Error> {
    let row = failure_notifications::table
        .filter(failure_notifications::id.eq(before.id))
        .filter(failure_notifications::status.eq(before.status.name()))
        .filter(failure_notifications::term.eq(before.term.0))
        .filter(sql::<Bool>("coalesce(due, 0) = ").bind::<BigInt, _>(before.due.unwrap_or(0)));
    let replaced = diesel::update(row)
        .set(NewNotificationRow::from(after))
        .execute(tx.conn());
    match replaced.map_err(Error::from) {
        Ok(1) => Ok(()),
        Ok(_) | Err(Error::Conflict(_)) => Err(Error::Busy("a notification changed meanwhile".to_owned())),
        Err(error) => Err(error),
    }
}

/// When the lease on a host ends, if an engine works on it.
pub fn leased_until(conn: &mut Conn, host: Uuid) -> Result<Option<i64>, Error> {
    let until: Option<Option<i64>> = failure_notifications::table
        .select(failure_notifications::lease_until)
        .filter(failure_notifications::leased_host.eq(host.as_bytes().as_slice()))
        .first(conn)
        .optional()?;
    Ok(until.flatten())
}

/// Makes the first notification due that waits for a host. Others follow when that one ends, or when the lease would have ended.
pub fn wake_next(tx: &mut Tx<'_>, host: Uuid, now: i64) -> Result<(), Error> {
    let next: Option<i64> = failure_notifications::table
        .select(failure_notifications::id)
        .filter(failure_notifications::turn.eq(Turn::Worker.name()))
        .filter(failure_notifications::due.gt(now))
        .filter(failure_notifications::status.eq(Status::New.name()))
        .filter(failure_notifications::source_host_uuid.eq(host.as_bytes().as_slice()))
        .order((failure_notifications::due, failure_notifications::id))
        .first(tx.conn())
        .optional()?;
    if let Some(id) = next {
        diesel::update(failure_notifications::table.find(id))
            .set(failure_notifications::due.eq(now))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// When an operator last ordered another attempt.
pub fn last_retry(conn: &mut Conn, notification: Uuid) -> Result<Option<i64>, Error> {
    let retried = failure_updates::table
        .select(failure_updates::at)
        .filter(failure_updates::notification_uuid.eq(notification.as_bytes().as_slice()))
        .filter(failure_updates::to_status.eq(Status::New.name()))
        .order(failure_updates::id.desc())
        .first(conn)
        .optional()?;
    Ok(retried)
}

/// When an engine last reported a step.
pub fn last_step_at(conn: &mut Conn, notification: Uuid) -> Result<Option<i64>, Error> {
    let last = failure_steps::table
        .select(failure_steps::at)
        .filter(failure_steps::notification_uuid.eq(notification.as_bytes().as_slice()))
        .order(failure_steps::id.desc())
        .first(conn)
        .optional()?;
    Ok(last)
}

/// Deletes all but the last `kept` lines about the steps of a notification, and the last one about the step `always`.
pub fn trim_steps(tx: &mut Tx<'_>, notification: Uuid, kept: i64, always: &str) -> Result<(), Error> {
    let of =
        failure_steps::table.filter(failure_steps::notification_uuid.eq(notification.as_bytes().to_vec()));
    let first: Option<Vec<u8>> = of
        .clone()
        .select(failure_steps::id)
        .order(failure_steps::id.desc())
        .offset(kept)
        .first(tx.conn())
        .optional()?;
    if let Some(first) = first {
        let newest: Option<Vec<u8>> = of
            .clone()
            .select(failure_steps::id)
            .filter(failure_steps::step.eq(always))
            .order(failure_steps::id.desc())
            .first(tx.conn())
            .optional()?;
        let old = of
            .filter(failure_steps::id.le(first))
            .filter(failure_steps::id.ne(newest.unwrap_or_default()));
        diesel::delete(old).execute(tx.conn())?;
    }
    Ok(())
}
