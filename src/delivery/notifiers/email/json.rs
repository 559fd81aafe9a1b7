//! The events as JSON.

use serde_json::{Value, json};

use crate::event::Envelope;

/// Returns one event as Pulp sends it, or several as a list of such, indented as Pulp does.
pub fn json(events: &[Envelope]) -> String {
    let bodies = match events {
        [event] => body(event),
        _ => events.iter().map(body).collect(),
    };
    format!("{bodies:#}\n")
}

fn body(event: &Envelope) -> Value {
    let call_report = event.call_report.as_deref().map_or(Value::Null, parsed);
    json!({
        "event_type": event.event_type,
        "payload": parsed(&event.payload),
        "call_report": call_report,
    })
}

/// Parses stored JSON, which was checked when the event was reported.
pub fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}
