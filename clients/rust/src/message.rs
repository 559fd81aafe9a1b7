//! A message in the form for readers.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The media type of a message's full form, for the `Accept` header.
pub const FULL_FORM: &str = "application/vnd.tidings.message+json";

/// A message in its full form: the answer to [`FULL_FORM`], and the payload of a `message.create` event. Members that later
/// servers add are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The message's UUID.
    pub id: String,
    /// The project of the message.
    pub project_id: String,
    /// The catalog's code.
    pub event_id: String,
    /// The text, in the requested language.
    pub user_message: String,
    /// `ERROR`, `WARNING` or `INFO`; imported messages may have other levels.
    pub message_level: String,
    /// When it was recorded, in UTC: `2026-11-21T03:20:24.834285`.
    pub created_at: String,
    /// The time until which it is kept, in UTC; `None` for no limit.
    pub guaranteed_until: Option<String>,
    /// The id of the request that caused it.
    pub request_id: String,
    /// The type of the resource.
    pub resource_type: Option<String>,
    /// The id of the resource.
    pub resource_uuid: Option<String>,
    /// The name of the action, for a composed code.
    pub action: Option<String>,
    /// The name of the detail, for a composed code.
    pub detail: Option<String>,
    /// The arguments of the text.
    pub parameters: Option<Map<String, Value>>,
    /// What the user can do.
    pub remedy: Option<String>,
    /// Whether retrying may succeed; `None` if the server's catalog does not know the code.
    pub retryable: Option<bool>,
    /// Whether the caller has read it; `None` if unknown, as in an event or in another project.
    pub read: Option<bool>,
}
