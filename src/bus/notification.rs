//! Notifications as oslo.messaging's listeners read them.

use std::io::Read;

use flate2::read::ZlibDecoder;
use serde_json::{Map, Value};

/// A notification that a listener would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Notification {
    /// The sender's id of it.
    pub message_id: Option<String>,
    /// Who says so; it proves nothing.
    pub publisher_id: Option<String>,
    /// What happened.
    pub event_type: Option<String>,
    /// How much it matters, as it was written; see [`crate::event::Priority::from_name`].
    pub priority: Option<String>,
    /// The payload.
    pub payload: Value,
    /// When it was sent, as it was written.
    pub timestamp: Option<String>,
    /// The transport's id of it.
    pub unique_id: Option<String>,
    /// The context of the request that it happened in, without the prefix of its names.
    pub context: Map<String, Value>,
}

/// Why a listener would refuse a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Only `application/json` is read, and nothing may stand behind it.
    #[error("its content type is not application/json")]
    ContentType,
    /// Only zlib is read.
    #[error("it is compressed in a way that is not known, or too large")]
    Compression,
    /// The body is no JSON object, or what is in it is none.
    #[error("it is not a JSON object")]
    Json,
    /// Only version 2.0 of the outer envelope is known.
    #[error("its oslo.version is not 2.0")]
    Version,
}

/// The most bytes that a compressed body may unfold to.
const LARGEST: u64 = 16 << 20;

/// Reads a message: `content_type` is its property, `compression` its header of that name.
///
/// # Errors
/// What oslo.messaging's listeners would refuse, too.
pub fn decode(
    content_type: Option<&str>,
    compression: Option<&str>,
    body: &[u8],
) -> Result<Notification, Malformed> {
    if content_type != Some("application/json") {
        return Err(Malformed::ContentType);
    }
    let mut inflated = Vec::new();
    let body = match compression {
        None => body,
        Some("application/x-gzip" | "application/zlib") => {
            let mut reader = ZlibDecoder::new(body).take(LARGEST + 1);
            reader
                .read_to_end(&mut inflated)
                .map_err(|_| Malformed::Compression)?;
            if inflated.len() as u64 > LARGEST {
                return Err(Malformed::Compression);
            }
            &inflated
        }
        Some(_) => return Err(Malformed::Compression),
    };
    let outer: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Malformed::Json)?;
    let inner = match (outer.get("oslo.version"), outer.get("oslo.message")) {
        (Some(Value::String(version)), Some(Value::String(text))) if version == "2.0" => {
            serde_json::from_str(text).map_err(|_| Malformed::Json)?
        }
        (Some(Value::String(version)), Some(_)) if version == "2.0" => return Err(Malformed::Json),
        (Some(_), Some(_)) => return Err(Malformed::Version),
        _ => outer,
    };
    Ok(Notification::of(inner))
}

impl Notification {
    fn of(inner: Map<String, Value>) -> Self {
        let mut notification = Self {
            message_id: None,
            publisher_id: None,
            event_type: None,
            priority: None,
            payload: Value::Null,
            timestamp: None,
            unique_id: None,
            context: Map::new(),
        };
        for (name, value) in inner {
            let field = match name.as_str() {
                "message_id" => &mut notification.message_id,
                "publisher_id" => &mut notification.publisher_id,
                "event_type" => &mut notification.event_type,
                "priority" => &mut notification.priority,
                "timestamp" => &mut notification.timestamp,
                "_unique_id" => &mut notification.unique_id,
                "payload" => {
                    notification.payload = value;
                    continue;
                }
                _ => {
                    if let Some(name) = name.strip_prefix("_context_") {
                        notification.context.insert(name.to_owned(), value);
                    }
                    continue;
                }
            };
            if let Value::String(text) = value {
                *field = Some(text);
            }
        }
        notification
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    const JSON: Option<&str> = Some("application/json");

    fn payload(body: &[u8]) -> Result<Value, Malformed> {
        decode(JSON, None, body).map(|notification| notification.payload)
    }

    #[test]
    fn both_versions_are_read() {
        let inner = r#"{"message_id": "m", "publisher_id": null, "event_type": "a.b", "priority": "error",
            "payload": {"x": 1}, "timestamp": "2026-11-21 03:22:07", "_unique_id": "u", "_context_request_id": "req-1"}"#;
        let outer = serde_json::json!({"oslo.version": "2.0", "oslo.message": inner}).to_string();
        for body in [inner, outer.as_str()] {
            let notification = decode(JSON, None, body.as_bytes()).unwrap();
            assert_eq!(notification.event_type.as_deref(), Some("a.b"));
            assert_eq!(
                (notification.publisher_id, notification.priority.as_deref()),
                (None, Some("error"))
            );
            assert_eq!(notification.unique_id.as_deref(), Some("u"));
            assert_eq!(notification.context["request_id"], "req-1");
            assert_eq!(notification.payload, serde_json::json!({"x": 1}));
        }
        assert_eq!(payload(br#"{"payload": "a text"}"#), Ok("a text".into()));
    }

    #[test]
    fn what_oslo_compressed_is_read_up_to_a_size() {
        let squeeze = |body: &[u8]| {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(body).unwrap();
            encoder.finish().unwrap()
        };
        let read = |body: &[u8]| {
            decode(JSON, Some("application/x-gzip"), body).map(|notification| notification.payload)
        };
        assert_eq!(read(&squeeze(br#"{"payload": 1}"#)), Ok(1.into()));
        assert_eq!(read(b"{}"), Err(Malformed::Compression));
        assert_eq!(
            read(&squeeze(&vec![b' '; (16 << 20) + 1])),
            Err(Malformed::Compression)
        );
        assert_eq!(
            decode(JSON, Some("application/lzma"), b"{}"),
            Err(Malformed::Compression)
        );
    }

    #[test]
    fn what_a_listener_refuses_is_refused() {
        for content_type in [None, Some("text/plain"), Some("application/json; charset=utf-8")] {
            assert_eq!(decode(content_type, None, b"{}"), Err(Malformed::ContentType));
        }
        for (body, why) in [
            (r"[]", Malformed::Json),
            (r#""x""#, Malformed::Json),
            ("{", Malformed::Json),
            (
                r#"{"oslo.version": "2.1", "oslo.message": "{}"}"#,
                Malformed::Version,
            ),
            (
                r#"{"oslo.version": 2.0, "oslo.message": "{}"}"#,
                Malformed::Version,
            ),
            (r#"{"oslo.version": "2.0", "oslo.message": {}}"#, Malformed::Json),
            (
                r#"{"oslo.version": "2.0", "oslo.message": "[]"}"#,
                Malformed::Json,
            ),
        ] {
            assert_eq!(payload(body.as_bytes()), Err(why), "{body}");
        }
    }
}
