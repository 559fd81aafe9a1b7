//! What is told of an event, in Glance's envelope.

use uuid::Uuid;

use super::priority::Priority;

/// An event as it is kept and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Stays the same however often the event is sent, so that who gets it twice can tell.
    pub message_id: Uuid,
    /// Who says so: `image.host1`.
    pub publisher_id: String,
    /// What happened: `image.upload`.
    pub event_type: String,
    /// How much it matters.
    pub priority: Priority,
    /// When it was reported, in microseconds since 1970.
    pub timestamp: i64,
    /// The payload, as JSON.
    pub payload: String,
    /// The request that it happened in, where there is one: `req-...`.
    pub request_id: Option<String>,
    /// The project that it is about, where there is one.
    pub project_id: Option<String>,
    /// The task that it happened in, as JSON, where there is one; Pulp's listeners get it.
    pub call_report: Option<String>,
}
