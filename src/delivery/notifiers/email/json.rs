//! The events as JSON.

use serde_json::{Error, Value};

use crate::delivery::notifiers::body::EventBody;
use crate::event::Envelope;
use crate::listener::Format;

/// Returns one event in the listener's form, or several as a list of these, indented as in Pulp.
///
/// # Errors
/// Fails if a payload is not JSON.
pub fn json(events: &[Envelope], format: Format) -> Result<String, Error> {
    // An e-mail has no place for attributes outside the body.
    let format = match format {
        Format::CloudEventsBinary => Format::CloudEvents,
        format => format,
    };
    let parsed = |event| serde_json::from_slice(&EventBody::new(event, format)?.bytes);
    let bodies: Value = match events {
        [event] => parsed(event)?,
        _ => events.iter().map(parsed).collect::<Result<_, _>>()?,
    };
    Ok(format!("{bodies:#}\n"))
}
