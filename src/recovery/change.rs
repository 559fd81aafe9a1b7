//! Changes of a notification's status: the only code that makes them.

use crate::failure::{Action, FailureNotification, Status, Turn, Update};
use crate::store::{Error, Tx, failure};

use super::events::{self, Process};
use super::terms::Terms;

/// A change.
pub(super) struct Change<'a> {
    pub(super) action: Action,
    /// Why, for operators.
    pub(super) cause: &'a str,
    pub(super) next: Next<'a>,
}

/// Who acts next.
pub(super) enum Next<'a> {
    /// No one: the status is final.
    End,
    /// The worker at this time.
    Worker(i64),
    /// The engines; it is due since this time.
    Engines(i64),
    /// This engine, under a new lease that ends at this time.
    Leased { engine: &'a str, until: i64 },
}

/// Changes the status, with an update and an event. [`Error::Conflict`] if the status does not allow it, [`Error::Busy`] if the
/// notification has changed since it was read, so that the transaction runs again.
pub(super) fn change(
    tx: &mut Tx<'_>,
    terms: &Terms,
    notification: &mut FailureNotification,
    change: &Change<'_>,
    now: i64,
) -> Result<(), Error> {
    let before = notification.clone();
    let Some(to) = before.status.after(change.action) else {
        let text = format!("the notification is {}", before.status.name());
        return Err(Error::Conflict(text));
    };
    // It may quote a payload, and PostgreSQL stores no NUL.
    let cause = change.cause.replace('\0', "\u{fffd}");
    let process = match change.action {
        Action::Claim | Action::Retry => Process::Start,
        Action::Finish | Action::Ignore => Process::End,
        Action::Break | Action::GiveUp => Process::Error(&cause),
    };
    events::process(tx, &terms.reporter, &before, &process, now)?;
    notification.status = to;
    notification.updated_at = Some(now);
    notification.message = match to {
        Status::New | Status::Running => None,
        Status::Finished | Status::Error | Status::Failed | Status::Ignored => Some(cause.clone()),
    };
    apply(notification, &change.next);
    failure::replace(tx, &before, notification)?;
    let update = Update {
        at: now,
        from: before.status,
        to,
        cause: cause.clone(),
    };
    failure::add_update(tx, notification.uuid, terms.reporter.next_id(now), &update)?;
    tx.count(terms.metrics.transitions(to.name()));
    if before.leased_host.is_some() && notification.leased_host.is_none() {
        failure::wake_next(tx, notification.source_host_uuid, now)?;
    }
    tracing::info!(
        notification = %notification.uuid,
        from = before.status.name(),
        to = to.name(),
        cause,
        "a failure notification changed"
    );
    Ok(())
}

/// Leaves the status as it is.
pub(super) fn hand_on(
    tx: &mut Tx<'_>,
    notification: &mut FailureNotification,
    next: &Next<'_>,
) -> Result<(), Error> {
    let before = notification.clone();
    apply(notification, next);
    failure::replace(tx, &before, notification)
}

fn apply(notification: &mut FailureNotification, next: &Next<'_>) {
    (notification.lease_until, notification.leased_host) = (None, None);
    (notification.turn, notification.due) = match *next {
        Next::End => (None, None),
        Next::Worker(due) => (Some(Turn::Worker), Some(due)),
        Next::Engines(since) => (Some(Turn::Engine), Some(since)),
        Next::Leased { engine, until } => {
            notification.term = notification.term.next();
            notification.engine = Some(engine.to_owned());
            notification.lease_until = Some(until);
            notification.leased_host = Some(notification.source_host_uuid);
            // It looks after the lease.
            (Some(Turn::Worker), Some(until))
        }
    };
}
