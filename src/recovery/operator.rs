//! The orders of operators.

use uuid::Uuid;

use crate::failure::{Action, FailureNotification};
use crate::store::{Error, Tx, failure};

use super::change::{Change, Next, change};
use super::terms::Terms;

/// Orders another attempt of a notification that failed. [`Error::Conflict`] if it did not fail.
pub fn retry(tx: &mut Tx<'_>, terms: &Terms, id: Uuid, now: i64) -> Result<FailureNotification, Error> {
    let mut notification = failure::lock(tx, id)?;
    notification.retries = 0;
    let (action, cause, next) = (
        Action::Retry,
        "an operator ordered another attempt",
        Next::Worker(now),
    );
    change(tx, terms, &mut notification, &Change { action, cause, next }, now)?;
    Ok(notification)
}

/// Withdraws a notification. An engine that works on it loses its lease. [`Error::Conflict`] if it is final.
pub fn cancel(tx: &mut Tx<'_>, terms: &Terms, id: Uuid, now: i64) -> Result<FailureNotification, Error> {
    let mut notification = failure::lock(tx, id)?;
    let (action, cause, next) = (Action::Ignore, "an operator withdrew it", Next::End);
    change(tx, terms, &mut notification, &Change { action, cause, next }, now)?;
    Ok(notification)
}
