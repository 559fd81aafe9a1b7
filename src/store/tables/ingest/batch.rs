//! What notifications bring.

use std::borrow::Cow;

use super::unmatched::Unmatched;
use crate::message::Message;

/// A digest that identifies a notification, a failure or a resource.
pub type IngestKey = [u8; 16];

/// Notifications that are recorded in one transaction.
#[derive(Debug, Clone, Default)]
pub struct IngestBatch {
    /// The time, in microseconds since 1970.
    pub now: i64,
    /// Owners of resources that notifications of this batch name.
    pub owners: Vec<Owner>,
    /// What to record, in the order of arrival.
    pub arrivals: Vec<Arrival>,
    /// Failures of which no rule made a message, to be counted.
    pub unmatched: Vec<Unmatched>,
}

/// The owner of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The resource.
    pub resource: IngestKey,
    /// Its project.
    pub project_id: String,
    /// When this expires, in microseconds since 1970.
    pub expires_at: i64,
}

/// What one notification brings.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Its messages, usually one; ids and times are fixed.
    pub messages: Vec<Message>,
    /// The resource whose project may read them, if the notification names no project.
    pub resource: Option<IngestKey>,
    /// The key by which it is recognized when redelivered, and when that expires, in microseconds since 1970.
    pub own: Option<(IngestKey, i64)>,
    /// The failure that it reports, if others may report the same.
    pub failure: Option<Occurrence>,
    /// How long a row of the service's own table may report the failure, too, in microseconds; `None` if no such table is
    /// followed or the request is unknown.
    pub pairs_within: Option<i64>,
}

/// A failure that several notifications may report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// What all of them share.
    pub key: IngestKey,
    /// When it happened according to this one, in microseconds since 1970.
    pub at: i64,
    /// The time within which reports are of the same failure, in microseconds.
    pub window: i64,
}

/// The outcome of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IngestOutcome {
    /// Its messages were recorded.
    Recorded {
        /// The project that was looked up for them.
        owner: Option<String>,
    },
    /// The same notification, or the same failure, was recorded before.
    Repeated,
    /// The owner of its resource is unknown.
    Ownerless,
}

impl Arrival {
    /// The keys by which it may be recognized.
    pub(super) fn keys(&self) -> impl Iterator<Item = &IngestKey> {
        let own = self.own.iter().map(|(key, _)| key);
        own.chain(self.failure.iter().map(|failure| &failure.key))
    }
}

impl IngestOutcome {
    /// A message of the arrival, with the project that was looked up for it.
    pub fn of<'a>(&self, message: &'a Message) -> Cow<'a, Message> {
        match self {
            Self::Recorded { owner: Some(owner) } => Cow::Owned(Message {
                project_id: owner.clone(),
                ..message.clone()
            }),
            _ => Cow::Borrowed(message),
        }
    }
}
