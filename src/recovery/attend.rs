//! The worker's part: judges new notifications, ends leases, and gives up old ones.

use uuid::Uuid;

use crate::failure::{
    Action, FailureNotification, Host, NotificationType, Outcome, Segment, Status, Turn, judge,
};
use crate::message::time;
use crate::store::failure::{self, Due};
use crate::store::{Conn, Error, Tx};

use super::change::{Change, Next, change, hand_on};
use super::events::{self, Process};
use super::tell::tell_failed;
use super::terms::Terms;

/// The most notifications of one transaction.
pub(super) const BATCH: usize = 100;

/// What the worker sees to: what is due, and what has waited for an engine for too long.
pub(super) fn overdue(terms: &Terms, now: i64) -> [Due; 2] {
    let old = now.saturating_sub(terms.expire_after);
    [Due::of(Turn::Worker, now), Due::of(Turn::Engine, old)]
}

/// Processes notifications that are due, and those that have waited too long for an engine. Returns whether more may be left.
pub fn attend(tx: &mut Tx<'_>, terms: &Terms, now: i64) -> Result<bool, Error> {
    let [due, old] = overdue(terms, now);
    let due = failure::due(tx.conn(), &due, BATCH)?;
    let old = failure::due(tx.conn(), &old, BATCH)?;
    let is_full = due.len() == BATCH || old.len() == BATCH;
    for notification in due.into_iter().chain(old) {
        attend_one(tx, terms, notification, now)?;
    }
    Ok(is_full)
}

/// The same for one that is due.
pub(super) fn attend_one(
    tx: &mut Tx<'_>,
    terms: &Terms,
    mut notification: FailureNotification,
    now: i64,
) -> Result<(), Error> {
    match notification.status {
        Status::Running => end_lease(tx, terms, &mut notification, now),
        _ => decide(tx, terms, &mut notification, now),
    }
}

/// The time from which a notification's age counts: that of the failure, or of an operator's last order to try again.
pub(super) fn failed_at(
    conn: &mut Conn,
    terms: &Terms,
    notification: &FailureNotification,
    now: i64,
) -> Result<i64, Error> {
    // Monitors may report a time in the future.
    let failed_at = notification.generated_time.min(notification.created_at);
    if is_expired(failed_at, terms, now) {
        let retried = failure::last_retry(conn, notification.uuid)?;
        return Ok(retried.unwrap_or(failed_at).max(failed_at));
    }
    Ok(failed_at)
}

/// Whether a notification of that age is given up.
pub(super) fn is_expired(failed_at: i64, terms: &Terms, now: i64) -> bool {
    failed_at.saturating_add(terms.expire_after) <= now
}

/// Decides about a notification that no engine works on.
fn decide(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    now: i64,
) -> Result<(), Error> {
    let since = failed_at(tx.conn(), terms, notification, now)?;
    let place = place(tx.conn(), notification.source_host_uuid)?;
    let Some((host, segment)) = place else {
        return end(
            tx,
            terms,
            notification,
            Action::Ignore,
            "its host no longer exists",
            now,
        );
    };
    let verdict = judge(notification.kind, &notification.payload, segment.is_enabled);
    if is_expired(since, terms, now) && verdict.outcome == Outcome::Work {
        return expire(tx, terms, notification, now);
    }
    if verdict.puts_on_maintenance {
        put_on_maintenance(tx, terms, notification, host, &segment, now)?;
    }
    match &verdict.outcome {
        Outcome::Ignore(reason) => end(tx, terms, notification, Action::Ignore, reason, now),
        Outcome::Finish(reason) => end(tx, terms, notification, Action::Finish, reason, now),
        Outcome::Work => make_ready(tx, notification, since, now),
    }
}

/// Hands it to the engines, unless one works on its host: then the worker looks again when that lease has ended.
fn make_ready(
    tx: &mut Tx<'_>,
    notification: &mut FailureNotification,
    since: i64,
    now: i64,
) -> Result<(), Error> {
    match failure::leased_until(tx.conn(), notification.source_host_uuid)? {
        Some(until) => hand_on(tx, notification, &Next::Worker(after_lease(until, now))),
        None => hand_on(tx, notification, &Next::Engines(since)),
    }
}

/// When to look at a notification again whose host is leased until a time: later than at the lease itself, which must end first. If
/// many waited for the same time, they would be found again and again, and the lease never.
pub(super) fn after_lease(until: i64, now: i64) -> i64 {
    until.max(now).saturating_add(time::SECOND)
}

/// Ends a notification without the work of an engine.
fn end(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    action: Action,
    cause: &str,
    now: i64,
) -> Result<(), Error> {
    events::process(tx, &terms.reporter, notification, &Process::Start, now)?;
    let next = Next::End;
    change(tx, terms, notification, &Change { action, cause, next }, now)
}

/// Takes a notification from an engine that was silent, or whose step made no progress.
fn end_lease(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    now: i64,
) -> Result<(), Error> {
    tx.count(terms.metrics.lost_leases.clone());
    let since = failed_at(tx.conn(), terms, notification, now)?;
    if is_expired(since, terms, now) {
        return expire(tx, terms, notification, now);
    }
    let progressed_at = progressed_at(tx.conn(), notification)?;
    let until = notification.lease_until.unwrap_or(now);
    if until >= progressed_at.saturating_add(terms.step_timeout) {
        let seconds = terms.step_timeout / 1_000_000;
        let cause = format!("a step made no progress for {seconds} s");
        return fail(tx, terms, notification, &cause, now);
    }
    let engine = notification.engine.clone().unwrap_or_default();
    let cause = format!("the engine {engine} was silent until its lease ended");
    let (action, next) = (Action::Break, Next::Engines(since));
    let cause = cause.as_str();
    change(tx, terms, notification, &Change { action, cause, next }, now)
}

/// When the work under the present lease last made progress.
pub(super) fn progressed_at(conn: &mut Conn, notification: &FailureNotification) -> Result<i64, Error> {
    let claimed_at = claimed_at(notification);
    let step = failure::last_step_at(conn, notification.uuid)?;
    let moved = failure::last_move_at(conn, notification.uuid)?;
    Ok(claimed_at
        .max(step.unwrap_or(claimed_at))
        .max(moved.unwrap_or(claimed_at)))
}

/// When the present lease began: a notification that is running was last changed by its claim.
pub(super) fn claimed_at(notification: &FailureNotification) -> i64 {
    notification.updated_at.unwrap_or(notification.created_at)
}

/// Ends a failed attempt: another one follows the first.
pub(super) fn fail(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    cause: &str,
    now: i64,
) -> Result<(), Error> {
    if notification.retries > 0 {
        return give_up(tx, terms, notification, cause, now);
    }
    notification.retries += 1;
    let next = Next::Worker(now.saturating_add(terms.retry_after));
    let action = Action::Break;
    change(tx, terms, notification, &Change { action, cause, next }, now)
}

fn expire(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    now: i64,
) -> Result<(), Error> {
    let seconds = terms.expire_after / 1_000_000;
    let cause = format!("it was not recovered within {seconds} s");
    give_up(tx, terms, notification, &cause, now)
}

/// Gives up, with messages about the instances that were not recovered.
pub(super) fn give_up(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    cause: &str,
    now: i64,
) -> Result<(), Error> {
    tell_failed(tx, terms, notification, now)?;
    let (action, next) = (Action::GiveUp, Next::End);
    change(tx, terms, notification, &Change { action, cause, next }, now)
}

fn place(conn: &mut Conn, host: Uuid) -> Result<Option<(Host, Segment)>, Error> {
    let place = failure::host(conn, host, None).and_then(|host| {
        let segment = failure::segment(conn, host.segment_uuid)?;
        Ok((host, segment))
    });
    match place {
        Err(Error::NotFound) => Ok(None),
        place => place.map(Some),
    }
}

/// Puts a failed host under maintenance, so that further reports about it are refused. A reserved one is no longer free.
fn put_on_maintenance(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &FailureNotification,
    mut host: Host,
    segment: &Segment,
    now: i64,
) -> Result<(), Error> {
    let is_whole = notification.kind == NotificationType::ComputeHost;
    let before = host.clone();
    host.on_maintenance = true;
    host.is_reserved = host.is_reserved && !is_whole;
    if host == before {
        return Ok(());
    }
    host.updated_at = Some(now);
    failure::update_host(tx, &host)?;
    events::host_changed(tx, &terms.reporter, events::Change::Update, &host, segment, now)
}
