//! Rows of confirmations.

use diesel::prelude::*;

use crate::listener::{Confirmation, ConfirmationState, mailbox};
use crate::store::error::Error;
use crate::store::schema::confirmations;

/// How long an address that was asked is remembered, in microseconds: 30 days.
pub(super) const REMEMBERED: i64 = 30 * 86_400_000_000;

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = confirmations)]
#[diesel(treat_none_as_default_value = false)]
pub(in crate::store) struct ConfirmationRow {
    pub(in crate::store) project_id: String,
    pub(in crate::store) address: String,
    mailbox: String,
    state: i16,
    due: Option<i64>,
    tries: i32,
    mails: i32,
    token: Option<Vec<u8>>,
    asked_at: Option<i64>,
    decided_at: Option<i64>,
    expires_at: Option<i64>,
}

impl ConfirmationRow {
    /// An address whose owner is to be asked now.
    pub(super) fn new(project: &str, address: &str, now: i64) -> Self {
        Self {
            project_id: project.to_owned(),
            address: address.to_owned(),
            mailbox: mailbox(address),
            state: number(ConfirmationState::Waiting),
            due: Some(now),
            tries: 0,
            mails: 0,
            token: None,
            asked_at: None,
            decided_at: None,
            expires_at: Some(now.saturating_add(REMEMBERED)),
        }
    }
}

impl TryFrom<ConfirmationRow> for Confirmation {
    type Error = Error;

    fn try_from(row: ConfirmationRow) -> Result<Self, Error> {
        let state = STATES.into_iter().find(|state| number(*state) == row.state);
        Ok(Self {
            state: state.ok_or_else(|| Error::Broken("a confirmation has an unknown state".to_owned()))?,
            project: row.project_id,
            address: row.address,
            due: row.due,
            tries: row.tries,
            mails: row.mails,
            asked_at: row.asked_at,
            decided_at: row.decided_at,
        })
    }
}

const STATES: [ConfirmationState; 5] = [
    ConfirmationState::Waiting,
    ConfirmationState::Asked,
    ConfirmationState::Confirmed,
    ConfirmationState::Refused,
    ConfirmationState::Undeliverable,
];

/// The number of a state in the table.
pub(super) fn number(state: ConfirmationState) -> i16 {
    match state {
        ConfirmationState::Waiting => 0,
        ConfirmationState::Asked => 1,
        ConfirmationState::Confirmed => 2,
        ConfirmationState::Refused => 3,
        ConfirmationState::Undeliverable => 4,
    }
}
