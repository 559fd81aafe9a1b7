//! Engines report the end of their work.

use uuid::Uuid;

use crate::failure::{Action, FailureNotification, Status, Term};
use crate::store::{Error, Tx, failure};

use super::attend::{fail, give_up};
use super::change::{Change, Next, change};
use super::held::over;
use super::tell::tell;
use super::tenants::{Affected, merge};
use super::terms::Terms;

/// How the work ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// Finished, ignored, error (another attempt may help), or failed.
    pub status: Status,
    /// Why, for operators.
    pub message: String,
    /// The tenants that are affected.
    pub tenants: Vec<Affected>,
}

/// Ends the work, with messages to the tenants. The same call under the same lease may be repeated; it then changes nothing.
pub fn finish(
    tx: &mut Tx<'_>,
    terms: &Terms,
    id: Uuid,
    lease: Term,
    finish: &Finish,
    now: i64,
) -> Result<FailureNotification, Error> {
    let mut notification = failure::lock(tx, id)?;
    if notification.term != lease || notification.status != Status::Running {
        if is_repeated(&notification, lease, finish) {
            return Ok(notification);
        }
        return Err(over(&notification, lease));
    }
    merge(&mut notification, &finish.tenants);
    let cause = finish.message.as_str();
    let is_last = finish.status.is_final();
    tell(tx, terms, &mut notification, is_last, now)?;
    let action = match finish.status {
        Status::Finished => Action::Finish,
        Status::Ignored => Action::Ignore,
        Status::Failed => {
            give_up(tx, terms, &mut notification, cause, now)?;
            return Ok(notification);
        }
        Status::New | Status::Running | Status::Error => {
            fail(tx, terms, &mut notification, cause, now)?;
            return Ok(notification);
        }
    };
    let next = Next::End;
    change(tx, terms, &mut notification, &Change { action, cause, next }, now)?;
    Ok(notification)
}

/// Whether this call was answered before: the engine may have missed the answer.
fn is_repeated(notification: &FailureNotification, lease: Term, finish: &Finish) -> bool {
    let is_given_up = notification.status == Status::Failed && finish.status == Status::Error;
    notification.term == lease
        && notification.message.as_deref() == Some(finish.message.as_str())
        && (notification.status == finish.status || is_given_up)
}
