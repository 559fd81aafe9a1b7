//! Reads notifications as oslo.messaging's listeners do.

use std::fmt;
use std::io::Read;

use flate2::read::ZlibDecoder;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::lenient::mended;
use super::notification::{Malformed, Notification};

/// The most bytes that a compressed body may unfold to.
const LARGEST: u64 = 16 << 20;

/// What of a notification is worth reading: most of those on a busy bus concern nobody here.
pub struct Filter<'a> {
    /// Whether the payload of notifications of this type and priority is wanted.
    pub payload: &'a dyn Fn(&str, &str) -> bool,
    /// Whether this member of the context is.
    pub context: &'a dyn Fn(&str) -> bool,
}

/// Everything is.
const ALL: Filter<'static> = Filter {
    payload: &|_, _| true,
    context: &|_| true,
};

/// Reads a message: `content_type` is its property, `compression` its header of that name.
///
/// # Errors
/// What oslo.messaging's listeners would refuse, too.
pub fn decode(
    content_type: Option<&str>,
    compression: Option<&str>,
    body: &[u8],
) -> Result<Notification, Malformed> {
    decode_some(content_type, compression, body, &ALL)
}

/// As [`decode`], without what the filter does not want: a payload that is not is null.
///
/// # Errors
/// Those of [`decode`].
pub fn decode_some(
    content_type: Option<&str>,
    compression: Option<&str>,
    body: &[u8],
    filter: &Filter<'_>,
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
    let outer = Envelope::read(body, filter)?;
    let inner = match (outer.version, outer.message) {
        (Some(Value::String(version)), Some(Value::String(text))) if version == "2.0" => {
            Envelope::read(text.as_bytes(), filter)?.notification
        }
        (Some(Value::String(version)), Some(_)) if version == "2.0" => return Err(Malformed::Json),
        (Some(_), Some(_)) => return Err(Malformed::Version),
        _ => outer.notification,
    };
    Ok(inner)
}

/// What an object holds that is a notification, or has one in it.
#[derive(Default)]
struct Envelope {
    version: Option<Value>,
    message: Option<Value>,
    notification: Notification,
}

impl Envelope {
    /// Strictly first, which nearly everything is.
    fn read(text: &[u8], filter: &Filter<'_>) -> Result<Self, Malformed> {
        Self::read_json(text, filter).or_else(|malformed| {
            let mended = mended(text).ok_or(malformed)?;
            Self::read_json(&mended, filter)
        })
    }

    fn read_json(text: &[u8], filter: &Filter<'_>) -> Result<Self, Malformed> {
        let mut from = serde_json::Deserializer::from_slice(text);
        let envelope = Members(filter)
            .deserialize(&mut from)
            .map_err(|_| Malformed::Json)?;
        from.end().map_err(|_| Malformed::Json)?;
        Ok(envelope)
    }
}

/// Reads the members of an object, of which the last of a name counts.
struct Members<'a>(&'a Filter<'a>);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = Envelope;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Envelope, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = map.next_key::<Name>()? {
            let notification = &mut envelope.notification;
            match name {
                Name::Version => envelope.version = Some(map.next_value()?),
                Name::Message => envelope.message = Some(map.next_value()?),
                Name::MessageId => notification.message_id = text(map.next_value()?),
                Name::PublisherId => notification.publisher_id = text(map.next_value()?),
                Name::EventType => notification.event_type = text(map.next_value()?),
                Name::Priority => notification.priority = text(map.next_value()?),
                Name::Timestamp => notification.timestamp = text(map.next_value()?),
                Name::UniqueId => notification.unique_id = text(map.next_value()?),
                Name::Payload if self.wants_payload(notification) => {
                    notification.payload = map.next_value()?;
                }
                Name::Context(name) if (self.0.context)(&name) => {
                    notification.context.insert(name, map.next_value()?);
                }
                Name::Payload | Name::Context(_) | Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}

impl Members<'_> {
    /// A notifier writes type and priority in front of the payload; where they come later, it is read.
    fn wants_payload(&self, notification: &Notification) -> bool {
        match (&notification.event_type, &notification.priority) {
            (Some(event_type), Some(priority)) => (self.0.payload)(event_type, priority),
            _ => true,
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The name of a member.
enum Name {
    Version,
    Message,
    MessageId,
    PublisherId,
    EventType,
    Priority,
    Payload,
    Timestamp,
    UniqueId,
    /// Of the context, without the prefix.
    Context(String),
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl Visitor<'_> for Names {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "oslo.version" => Name::Version,
                    "oslo.message" => Name::Message,
                    "message_id" => Name::MessageId,
                    "publisher_id" => Name::PublisherId,
                    "event_type" => Name::EventType,
                    "priority" => Name::Priority,
                    "payload" => Name::Payload,
                    "timestamp" => Name::Timestamp,
                    "_unique_id" => Name::UniqueId,
                    _ => match name.strip_prefix("_context_") {
                        Some(name) => Name::Context(name.to_owned()),
                        None => Name::Other,
                    },
                })
            }
        }
        deserializer.deserialize_identifier(Names)
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
    fn what_only_python_takes_for_json_is_read_in_both_versions() {
        let inner =
            r#"{"event_type": "a.b", "payload": {"path": "/srv/\udce9t", "free": NaN, "size": -Infinity}}"#;
        let outer = serde_json::json!({"oslo.version": "2.0", "oslo.message": inner}).to_string();
        for body in [inner, outer.as_str()] {
            let expected = serde_json::json!({"path": "/srv/\u{fffd}t", "free": null, "size": null});
            assert_eq!(payload(body.as_bytes()), Ok(expected), "{body}");
        }
        assert_eq!(payload(br#"{"payload": nan, "x": NaN}"#), Err(Malformed::Json));
    }

    #[test]
    fn what_nobody_wants_is_left_out() {
        let inner = r#"{"event_type": "a.b", "priority": "INFO", "payload": {"x": 1}, "_context_roles": [], "_context_user": "u"}"#;
        let read = |inner: &str, event_type: &str| {
            let filter = Filter {
                payload: &|found, priority| found == event_type && priority == "INFO",
                context: &|name| name == "user",
            };
            let outer = serde_json::json!({"oslo.version": "2.0", "oslo.message": inner}).to_string();
            decode_some(JSON, None, outer.as_bytes(), &filter).unwrap()
        };
        let wanted = read(inner, "a.b");
        assert_eq!(wanted.payload, serde_json::json!({"x": 1}));
        assert_eq!((wanted.context.len(), &wanted.context["user"]), (1, &"u".into()));
        assert_eq!(read(inner, "a.c").payload, Value::Null);
        let late = r#"{"payload": 1, "event_type": "a.b", "priority": "INFO"}"#;
        assert_eq!(read(late, "a.c").payload, 1, "what it is was not known yet");
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
