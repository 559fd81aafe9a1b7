//! A message as its readers get it.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The media type of a message's full form, to be asked for in the `Accept` header.
pub const FULL_FORM: &str = "application/vnd.tidings.message+json";

/// A message in its full form: what a server answers to [`FULL_FORM`], and what the payload of a `message.create` event holds.
/// Members that a later server adds are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The message's UUID.
    pub id: String,
    /// The project that may read it.
    pub project_id: String,
    /// The code of the catalog.
    pub event_id: String,
    /// The text, in the language that was asked for.
    pub user_message: String,
    /// `ERROR`, `WARNING` or `INFO`; imported messages may have others.
    pub message_level: String,
    /// When it was recorded, in UTC: `2026-11-21T03:20:24.834285`.
    pub created_at: String,
    /// Until when it is kept for certain, in UTC; `None` for ever.
    pub guaranteed_until: Option<String>,
    /// The request that led to it.
    pub request_id: String,
    /// The type of the resource that it is about.
    pub resource_type: Option<String>,
    /// The id of that resource.
    pub resource_uuid: Option<String>,
    /// The name of the action, for a composed code.
    pub action: Option<String>,
    /// The name of the detail, for a composed code.
    pub detail: Option<String>,
    /// The arguments of the text.
    pub parameters: Option<Map<String, Value>>,
    /// What the user can do.
    pub remedy: Option<String>,
    /// Whether doing the same again may work; `None` if the server's catalog does not know the code.
    pub retryable: Option<bool>,
    /// Whether the caller has read it; `None` where that is unknown, as in an event or in another project.
    pub read: Option<bool>,
}
