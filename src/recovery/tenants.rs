//! The tenants that a failure affects, as engines report them.

use crate::failure::FailureNotification;
use crate::named::named;
use serde::{Deserialize, Serialize};

/// The most tenants' instances of one notification.
const MOST: usize = 2000;

/// An instance that a failure affects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// The instance, a UUID in lower case.
    pub instance: String,
    /// The project that owns it.
    pub project: String,
    /// The outcome, once it is known.
    pub outcome: Option<Outcome>,
    /// The outcome in the last message to the project.
    #[serde(default)]
    pub told: Option<Outcome>,
}

named! {
    /// The outcome for an instance.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Outcome {
        /// It runs again.
        Recovered = "recovered",
        /// It does not.
        Failed = "failed",
        /// No other host has room for it.
        NoRoom = "no_room",
        /// It is not set up to be recovered.
        Skipped = "skipped",
    }
}

impl Outcome {
    /// Whether another attempt may change it.
    pub(super) fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::NoRoom)
    }
}

/// The tenants that engines have reported so far.
pub(super) fn known(notification: &FailureNotification) -> Vec<Affected> {
    let text = notification.tenants.as_deref().unwrap_or("[]");
    serde_json::from_str(text).unwrap_or_default()
}

/// Keeps the tenants.
pub(super) fn keep(notification: &mut FailureNotification, tenants: &[Affected]) {
    notification.tenants = match tenants {
        [] => None,
        tenants => serde_json::to_string(tenants).ok(),
    };
}

/// Adds what an engine reports. An outcome replaces an earlier one.
pub(super) fn merge(notification: &mut FailureNotification, reported: &[Affected]) {
    if reported.is_empty() {
        return;
    }
    let mut tenants = known(notification);
    for new in reported {
        if let Some(known) = tenants.iter_mut().find(|known| known.instance == new.instance) {
            known.project.clone_from(&new.project);
            known.outcome = new.outcome.or(known.outcome);
        } else if tenants.len() < MOST {
            tenants.push(new.clone());
        }
    }
    keep(notification, &tenants);
}
