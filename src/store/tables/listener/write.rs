//! Writing listeners, and what they subscribe to.

use diesel::prelude::*;
use uuid::Uuid;

use super::read::{count, show};
use super::row::ListenerRow;
use crate::listener::{Reach, StoredListener};
use crate::store::dialect::locked::load_locked;
use crate::store::error::{Error, require_row};
use crate::store::schema::listeners;
use crate::store::tables::{delivery, subscription};
use crate::store::transaction::Tx;

/// Whether another listener of this reach may be inserted in this transaction: a project may have `quota`. Of several at once,
/// each counts those before it.
pub fn has_room(tx: &mut Tx<'_>, reach: &Reach, quota: u64) -> Result<bool, Error> {
    subscription::lock(tx)?;
    Ok(*reach == Reach::Cloud || count(tx.conn(), reach)?.unsigned_abs() < quota)
}

/// Inserts a listener that gets these event types. [`Error::Conflict`] if its project has one of the same name.
pub fn insert(
    tx: &mut Tx<'_>,
    listener: &StoredListener,
    types: &[&str],
    is_ordered: bool,
) -> Result<(), Error> {
    diesel::insert_into(listeners::table)
        .values(ListenerRow::from(listener))
        .execute(tx.conn())?;
    subscribe(tx, listener, types, is_ordered)
}

/// Replaces a listener unless it was changed since it was read, at `read_at` (its `updated_at`). [`Error::NotFound`] if it is gone,
/// [`Error::Conflict`] if it was changed.
pub fn update(
    tx: &mut Tx<'_>,
    listener: &StoredListener,
    read_at: i64,
    types: &[&str],
    is_ordered: bool,
) -> Result<(), Error> {
    let row = listeners::table
        .filter(listeners::id.eq(listener.id.as_bytes().as_slice()))
        .filter(listeners::updated_at.eq(read_at));
    let changed = diesel::update(row)
        .set(ListenerRow::from(listener))
        .execute(tx.conn())?;
    if changed == 0 {
        show(tx.conn(), listener.id)?;
        return Err(Error::Conflict(
            "the listener was changed by another request".to_owned(),
        ));
    }
    subscribe(tx, listener, types, is_ordered)
}

/// Gives an enabled listener these event types, in place of those that it had; a disabled one gets none.
pub fn subscribe(
    tx: &mut Tx<'_>,
    listener: &StoredListener,
    types: &[&str],
    is_ordered: bool,
) -> Result<(), Error> {
    let types = if listener.is_enabled { types } else { &[] };
    subscription::replace(tx, listener.id, listener.reach.project(), is_ordered, types)
}

/// Deletes a listener. Its deliveries are left to [`delivery::delete_some`], as they may be many.
pub fn delete(tx: &mut Tx<'_>, id: Uuid) -> Result<(), Error> {
    let row = listeners::table.filter(listeners::id.eq(id.as_bytes().as_slice()));
    require_row(diesel::delete(row).execute(tx.conn())?)?;
    subscription::replace(tx, id, None, false, &[])?;
    delivery::delete_some(tx, id, delivery::DELETED_AT_ONCE)?;
    Ok(())
}

/// Disables a listener for this reason, unless it was changed since it was read, at `read_at` (its `updated_at`); returns whether it
/// did.
pub fn disable(tx: &mut Tx<'_>, id: Uuid, read_at: i64, reason: &str, now: i64) -> Result<bool, Error> {
    let row = listeners::table
        .filter(listeners::id.eq(id.as_bytes().as_slice()))
        .filter(listeners::updated_at.eq(read_at))
        .filter(listeners::is_enabled.eq(true));
    let set = (
        listeners::is_enabled.eq(false),
        listeners::disabled_reason.eq(reason),
        listeners::updated_at.eq(now.max(read_at.saturating_add(1))),
    );
    let is_disabled = diesel::update(row).set(set).execute(tx.conn())? > 0;
    if is_disabled {
        subscription::replace(tx, id, None, false, &[])?;
    }
    Ok(is_disabled)
}

/// How long and how often every delivery of a listener has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// Since when, in microseconds since 1970.
    pub since: i64,
    /// How often.
    pub failures: i32,
}

/// Notes that deliveries of a listener have failed `count` times at `now`. Failures count from the first one that follows a success
/// or a silence of more than `longest_silence`. Times are microseconds, since 1970.
pub fn note_failing(
    tx: &mut Tx<'_>,
    id: Uuid,
    count: usize,
    now: i64,
    longest_silence: i64,
) -> Result<Failing, Error> {
    let row = listeners::table.find(id.as_bytes().as_slice());
    let columns = (
        listeners::failing_since,
        listeners::failures,
        listeners::failed_at,
    );
    let known: Vec<(Option<i64>, i32, Option<i64>)> = load_locked!(tx.conn(), row.select(columns));
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let going_on = known.into_iter().find_map(|(since, failures, failed_at)| {
        let since = since?;
        let is_recent = now.saturating_sub(failed_at.unwrap_or(since)) <= longest_silence;
        is_recent.then_some((since, failures))
    });
    let failing = going_on.map_or(
        Failing {
            since: now,
            failures: count,
        },
        |(since, failures)| Failing {
            since,
            failures: failures.saturating_add(count),
        },
    );
    diesel::update(row)
        .set((
            listeners::failing_since.eq(failing.since),
            listeners::failures.eq(failing.failures),
            listeners::failed_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(failing)
}

/// Notes that a delivery of a failing listener arrived. Returns since when they had failed, if they had.
pub fn note_recovered(tx: &mut Tx<'_>, id: Uuid) -> Result<Option<i64>, Error> {
    let row = || listeners::table.filter(listeners::id.eq(id.as_bytes().to_vec()));
    let since: Option<Option<i64>> = row()
        .select(listeners::failing_since)
        .first(tx.conn())
        .optional()?;
    let Some(since) = since.flatten() else {
        return Ok(None);
    };
    let healed = diesel::update(row().filter(listeners::failing_since.is_not_null()))
        .set((
            listeners::failing_since.eq(None::<i64>),
            listeners::failures.eq(0),
            listeners::failed_at.eq(None::<i64>),
        ))
        .execute(tx.conn())?;
    Ok((healed > 0).then_some(since))
}

/// Begins a digest at `now`, which ends at `until` unless [`end_digest`] says so before. Returns whether none had begun. One that ends
/// after `latest` began before a clock was set back, and counts as ended. Times are microseconds since 1970.
pub fn begin_digest(tx: &mut Tx<'_>, id: Uuid, now: i64, until: i64, latest: i64) -> Result<bool, Error> {
    let due = listeners::digest_due;
    let row = listeners::table
        .filter(listeners::id.eq(id.as_bytes().as_slice()))
        .filter(due.is_null().or(due.le(now)).or(due.gt(latest)));
    Ok(diesel::update(row).set(due.eq(until)).execute(tx.conn())? > 0)
}

/// Ends a digest: the next one begins at `next` (microseconds since 1970) at the earliest; at once if none.
pub fn end_digest(tx: &mut Tx<'_>, id: Uuid, next: Option<i64>) -> Result<(), Error> {
    diesel::update(listeners::table.filter(listeners::id.eq(id.as_bytes().as_slice())))
        .set(listeners::digest_due.eq(next))
        .execute(tx.conn())?;
    Ok(())
}
