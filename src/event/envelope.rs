//! Glance's envelope for events.

use uuid::Uuid;

use super::priority::Priority;

/// An event as it is stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Stays the same when the event is resent, so that receivers recognize a repeat.
    pub message_id: Uuid,
    /// The sender: `image.host1`.
    pub publisher_id: String,
    /// The type: `image.upload`.
    pub event_type: String,
    /// Its priority.
    pub priority: Priority,
    /// When it was reported, in microseconds since 1970.
    pub timestamp: i64,
    /// The payload, as JSON.
    pub payload: String,
    /// The request that caused it, if any: `req-...`.
    pub request_id: Option<String>,
    /// The project it concerns, if any.
    pub project_id: Option<String>,
    /// The task it occurred in, as JSON, if any; for Pulp's listeners.
    pub call_report: Option<String>,
}

impl Envelope {
    /// Returns the bytes of what varies in length.
    pub fn size(&self) -> usize {
        self.payload.len() + self.call_report.as_ref().map_or(0, String::len)
    }
}
