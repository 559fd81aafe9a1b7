//! The text that a tenant reads, from the event of a message.

use serde_json::Value;

use crate::catalog::{Language, Parts, Stored};
use crate::event::Envelope;

/// The event of a recorded message.
const MESSAGE_CREATE: &str = "message.create";

/// The text of a message.
pub struct UserMessage {
    /// What happened.
    pub text: String,
    /// The remedy; may be empty.
    pub remedy: String,
}

/// Renders the message of a `message.create` event: its payload has the text in English only, but also
/// everything that determines the text.
pub fn render(event: &Envelope, payload: &Value, language: Language) -> Option<UserMessage> {
    if event.event_type != MESSAGE_CREATE {
        return None;
    }
    let event_id = payload.get("event_id")?.as_str()?;
    let parts = Parts::of(event_id);
    let parameters = payload.get("parameters").map(Value::to_string);
    let stored = Stored {
        event_id,
        action_id: parts.map(|parts| parts.action_id),
        detail_id: parts.map(|parts| parts.detail_id),
        resource_type: payload.get("resource_type").and_then(Value::as_str),
        parameters: parameters.as_deref(),
    };
    let (mut text, mut remedy) = (String::new(), String::new());
    stored.write_prose(&mut text, language).ok()?;
    stored.write_remedy(&mut remedy, language).ok()?;
    Some(UserMessage { text, remedy })
}
