//! Whether an engine holds the lease that it names.

use uuid::Uuid;

use crate::failure::{FailureNotification, Status, Term};
use crate::store::{Error, Tx, failure};

/// The notification that an engine holds under this lease, locked. [`Error::Conflict`] if the lease is over.
///
/// A lease that ended by the clock still counts until the worker takes the notification away: until then no other engine can work
/// on the host.
pub(super) fn held(tx: &mut Tx<'_>, id: Uuid, lease: Term) -> Result<FailureNotification, Error> {
    let notification = failure::lock(tx, id)?;
    if notification.term == lease && notification.status == Status::Running {
        return Ok(notification);
    }
    Err(over(&notification, lease))
}

/// The refusal of a call under a lease that is over.
pub(super) fn over(notification: &FailureNotification, lease: Term) -> Error {
    Error::Conflict(format!(
        "The lease {lease} is over: the notification is {} and its last lease is {}.",
        notification.status.name(),
        notification.term
    ))
}
