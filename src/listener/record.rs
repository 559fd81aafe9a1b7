//! A listener as it is stored.

use std::time::Duration;

use uuid::Uuid;

use super::format::Format;
use super::notifier::Notifier;
use super::retry::RetrySchedule;
use crate::catalog::Language;

/// Whose events a listener gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Those of one project.
    Project(String),
    /// All events.
    Cloud,
}

impl Reach {
    /// Returns the project; none for the whole cloud.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::Project(project) => Some(project),
            Self::Cloud => None,
        }
    }
}

/// A listener.
#[derive(Debug, Clone, PartialEq)]
pub struct Listener {
    /// Its id.
    pub id: Uuid,
    /// Whose events it gets.
    pub reach: Reach,
    /// A name that is unique among the listeners of its project, if the client chose one.
    pub name: Option<String>,
    /// A description for people.
    pub description: Option<String>,
    /// Whether it gets events.
    pub is_enabled: bool,
    /// How they are delivered. Contains secrets, which `Debug` hides.
    pub notifier: Notifier,
    /// The event types as the client gave them: names, `*`, and globs such as `repo.*`.
    pub event_types: Vec<String>,
    /// The form of the body.
    pub format: Format,
    /// The language of texts for people.
    pub language: Language,
    /// Whether events of one resource are delivered in order.
    pub is_ordered: bool,
    /// For how long e-mails are gathered into one after the first.
    pub digest: Option<Duration>,
    /// When failed deliveries are tried again.
    pub retry: RetrySchedule,
    /// When it was created, in microseconds since 1970.
    pub created_at: i64,
    /// When it was last changed by a client, in microseconds since 1970.
    pub updated_at: i64,
    /// Since when every delivery has failed, in microseconds since 1970.
    pub failing_since: Option<i64>,
    /// Why it was disabled, if not by a client.
    pub disabled_reason: Option<String>,
}
