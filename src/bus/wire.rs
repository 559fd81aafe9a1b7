//! Encodes notifications as oslo.messaging's notifiers do.

use lapin::BasicProperties;
use lapin::types::FieldTable;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_transcode::Transcoder;

use super::python;
use crate::event::Envelope;
use crate::message::time;

/// The format of a notification's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `messaging`: the envelope itself.
    One,
    /// `messagingv2`: the envelope as a string within another one.
    Two,
}

/// Encodes a notification. `topic` is the index of the driver's topic: each has its own `_unique_id`, which stays the
/// same when the event is resent, so that listeners drop the repeat.
///
/// # Errors
/// Fails if the payload is not JSON.
pub fn encode(event: &Envelope, version: Version, topic: usize) -> Result<Vec<u8>, serde_json::Error> {
    // Transcoded while it is parsed: a tree of values would double the cost.
    let mut payload = serde_json::Deserializer::from_str(&event.payload);
    let inner = Inner {
        event,
        payload: Transcoder::new(&mut payload),
        topic: Some(topic),
    };
    let mut body = Vec::with_capacity(event.payload.len() * 2 + 512);
    python::write(&mut body, &inner)?;
    match version {
        Version::One => Ok(body),
        Version::Two => {
            let text = String::from_utf8(body).map_err(serde::ser::Error::custom)?;
            let mut outer = Vec::with_capacity(text.len() * 5 / 4 + 64);
            python::write(&mut outer, &Outer(&text))?;
            Ok(outer)
        }
    }
}

/// Encodes the envelope with this payload as oslo's log driver does, without the transport's fields.
///
/// # Errors
/// None that can occur.
pub fn plain(event: &Envelope, payload: serde_json::Value) -> Result<String, serde_json::Error> {
    let mut line = Vec::with_capacity(event.payload.len() + 256);
    python::write(&mut line, &envelope(event, payload))?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Returns Glance's envelope with this payload, without the transport's fields.
pub fn envelope(event: &Envelope, payload: impl Serialize) -> impl Serialize {
    Inner {
        event,
        payload,
        topic: None,
    }
}

/// Returns the properties of every notification.
pub fn properties() -> BasicProperties {
    BasicProperties::default()
        .with_content_type("application/json".into())
        .with_content_encoding("utf-8".into())
        .with_headers(FieldTable::default())
        .with_delivery_mode(2)
        .with_priority(0)
}

/// Formats a time as Python's `str(datetime)` does: a zero fraction is omitted.
pub fn timestamp(micros: i64) -> String {
    let mut text = time::format(micros).replace('T', " ");
    if micros % time::SECOND == 0 {
        text.truncate("0000-00-00 00:00:00".len());
    }
    text
}

struct Outer<'a>(&'a str);

impl Serialize for Outer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("oslo.version", "2.0")?;
        map.serialize_entry("oslo.message", self.0)?;
        map.end()
    }
}

struct Inner<'a, P> {
    event: &'a Envelope,
    payload: P,
    /// `None` for the envelope alone.
    topic: Option<usize>,
}

impl<P: Serialize> Serialize for Inner<'_, P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let event = self.event;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message_id", &event.message_id.hyphenated().to_string())?;
        map.serialize_entry("publisher_id", &event.publisher_id)?;
        map.serialize_entry("event_type", &event.event_type)?;
        map.serialize_entry("priority", event.priority.name())?;
        map.serialize_entry("payload", &self.payload)?;
        map.serialize_entry("timestamp", &timestamp(event.timestamp))?;
        let Some(topic) = self.topic else {
            return map.end();
        };
        let unique = uuid::Uuid::from_u128(event.message_id.as_u128() ^ (topic as u128));
        map.serialize_entry("_unique_id", &unique.simple().to_string())?;
        if let Some(request_id) = &event.request_id {
            map.serialize_entry("_context_request_id", request_id)?;
        }
        if let Some(project_id) = &event.project_id {
            map.serialize_entry("_context_project_id", project_id)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Priority;

    fn event() -> Envelope {
        Envelope {
            message_id: "cd116962-dcb8-46c9-8bd3-9cc9cf55bf53".parse().unwrap(),
            publisher_id: "image.host1".to_owned(),
            event_type: "image.upload".to_owned(),
            priority: Priority::Error,
            timestamp: 1_795_231_327_072_065,
            payload: r#""Image storage media is \"full\": é""#.to_owned(),
            request_id: None,
            project_id: None,
            call_report: None,
        }
    }

    fn body(event: &Envelope, version: Version, topic: usize) -> String {
        String::from_utf8(encode(event, version, topic).unwrap()).unwrap()
    }

    #[test]
    fn bodies_are_those_of_oslo_messaging() {
        assert_eq!(
            body(&event(), Version::One, 0),
            r#"{"message_id": "cd116962-dcb8-46c9-8bd3-9cc9cf55bf53", "publisher_id": "image.host1", "event_type": "image.upload", "priority": "ERROR", "payload": "Image storage media is \"full\": \u00e9", "timestamp": "2026-11-21 03:22:07.072065", "_unique_id": "cd116962dcb846c98bd39cc9cf55bf53"}"#
        );
        assert_eq!(
            body(&event(), Version::Two, 1),
            r#"{"oslo.version": "2.0", "oslo.message": "{\"message_id\": \"cd116962-dcb8-46c9-8bd3-9cc9cf55bf53\", \"publisher_id\": \"image.host1\", \"event_type\": \"image.upload\", \"priority\": \"ERROR\", \"payload\": \"Image storage media is \\\"full\\\": \\u00e9\", \"timestamp\": \"2026-11-21 03:22:07.072065\", \"_unique_id\": \"cd116962dcb846c98bd39cc9cf55bf52\"}"}"#
        );
    }

    #[test]
    fn what_is_sent_is_read_back() {
        let event = Envelope {
            request_id: Some("req-1".to_owned()),
            project_id: Some("p1".to_owned()),
            ..event()
        };
        for version in [Version::One, Version::Two] {
            let read = super::super::decode(
                Some("application/json"),
                None,
                &encode(&event, version, 0).unwrap(),
            )
            .unwrap();
            assert_eq!(read.message_id, Some(event.message_id.to_string()));
            assert_eq!(read.payload, "Image storage media is \"full\": é");
            assert_eq!(
                (&read.context["request_id"], &read.context["project_id"]),
                (&"req-1".into(), &"p1".into())
            );
        }
    }

    #[test]
    fn a_time_is_what_python_writes() {
        assert_eq!(timestamp(1_795_231_327_072_065), "2026-11-21 03:22:07.072065");
        assert_eq!(timestamp(1_795_231_327_000_000), "2026-11-21 03:22:07");
    }
}
