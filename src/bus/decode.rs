//! Decodes notifications as oslo.messaging's listeners do.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::lenient::mended;
use super::member::Name;
use super::notification::{Malformed, Notification};
use super::unpack::{LARGEST, unpack};

/// The most bytes of a context entry: they are names and ids.
const LARGEST_MEMBER: usize = 64 << 10;

/// Selects what to decode: most notifications on a busy bus have no effect here.
pub struct Filter<'a> {
    /// Whether to decode notifications of this type and priority. For others, only these two are sure to be decoded.
    pub wants: &'a dyn Fn(&str, &str) -> bool,
    /// Whether to decode this key of the context.
    pub context: &'a dyn Fn(&str) -> bool,
}

/// Decodes everything.
const ALL: Filter<'static> = Filter {
    wants: &|_, _| true,
    context: &|_| true,
};

/// Decodes a message: `content_type` is its property, `compression` its header of that name.
///
/// # Errors
/// Fails for what oslo.messaging's listeners reject too, and for bodies larger than [`LARGEST`].
pub fn decode(
    content_type: Option<&str>,
    compression: Option<&str>,
    body: &[u8],
) -> Result<Notification, Malformed> {
    decode_some(content_type, compression, body, &ALL)
}

/// Like [`decode`], but skips what the filter excludes: an excluded notification is parsed only up to its type and
/// priority.
///
/// # Errors
/// As [`decode`].
pub fn decode_some(
    content_type: Option<&str>,
    compression: Option<&str>,
    body: &[u8],
    filter: &Filter<'_>,
) -> Result<Notification, Malformed> {
    if content_type != Some("application/json") {
        return Err(Malformed::ContentType);
    }
    if body.len() > LARGEST {
        return Err(Malformed::TooLarge);
    }
    match compression {
        None => read(body, filter, true),
        Some(compression) => read(&unpack(compression, body)?, filter, true),
    }
}

/// Parses a notification or, if allowed, an envelope around one. Tries strict JSON first, which nearly all bodies are.
fn read(text: &[u8], filter: &Filter<'_>, may_be_envelope: bool) -> Result<Notification, Malformed> {
    match read_json(text, filter, may_be_envelope) {
        Err(Malformed::Json) => {
            let mended = mended(text).ok_or(Malformed::Json)?;
            read_json(&mended, filter, may_be_envelope)
        }
        read => read,
    }
}

fn read_json(text: &[u8], filter: &Filter<'_>, may_be_envelope: bool) -> Result<Notification, Malformed> {
    let mut from = serde_json::Deserializer::from_slice(text);
    let mut members = Members {
        filter,
        is_unwanted: false,
        version: None,
        message: None,
        payload: None,
        notification: Notification::default(),
    };
    let outcome = members.deserialize(&mut from).and_then(|()| from.end());
    if members.is_unwanted {
        return Ok(members.notification);
    }
    outcome.map_err(|_| Malformed::Json)?;
    match (members.version, members.message) {
        (Some(version), Some(message)) if may_be_envelope => {
            let message = enveloped(version, message)?;
            read(message.as_bytes(), filter, false)
        }
        _ => members.finish(),
    }
}

/// Returns the text inside an envelope.
fn enveloped(version: &RawValue, message: &RawValue) -> Result<String, Malformed> {
    match json::<Value>(version)? {
        Value::String(version) if version == "2.0" => json(message),
        _ => Err(Malformed::Version),
    }
}

/// The members of an object; the last of a name counts. Large values stay unparsed at first.
struct Members<'a, 'de> {
    filter: &'a Filter<'a>,
    is_unwanted: bool,
    version: Option<&'de RawValue>,
    message: Option<&'de RawValue>,
    payload: Option<&'de RawValue>,
    notification: Notification,
}

impl<'de> DeserializeSeed<'de> for &mut Members<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Members<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Name>()? {
            let is_kind = matches!(name, Name::EventType | Name::Priority);
            let notification = &mut self.notification;
            match name {
                Name::Version => self.version = Some(map.next_value()?),
                Name::Message => self.message = Some(map.next_value()?),
                Name::Payload => self.payload = Some(map.next_value()?),
                Name::MessageId => notification.message_id = text(map.next_value()?)?,
                Name::PublisherId => notification.publisher_id = text(map.next_value()?)?,
                Name::EventType => notification.event_type = text(map.next_value()?)?,
                Name::Priority => notification.priority = text(map.next_value()?)?,
                Name::Timestamp => notification.timestamp = text(map.next_value()?)?,
                Name::UniqueId => notification.unique_id = text(map.next_value()?)?,
                Name::Context(name) if (self.filter.context)(&name) => {
                    let value: &RawValue = map.next_value()?;
                    if value.get().len() <= LARGEST_MEMBER {
                        let value = serde_json::from_str(value.get()).map_err(A::Error::custom)?;
                        notification.context.insert(name, value);
                    }
                }
                Name::Context(_) | Name::Other => drop(map.next_value::<IgnoredAny>()?),
            }
            // Notifiers write both before the payload.
            self.is_unwanted = is_kind && self.wants() == Some(false);
            if self.is_unwanted {
                return Err(A::Error::custom("unwanted"));
            }
        }
        Ok(())
    }
}

impl Members<'_, '_> {
    /// Whether the notification is wanted, once that is known.
    fn wants(&self) -> Option<bool> {
        let event_type = self.notification.event_type.as_deref()?;
        let priority = self.notification.priority.as_deref()?;
        Some((self.filter.wants)(event_type, priority))
    }

    fn finish(mut self) -> Result<Notification, Malformed> {
        if let Some(payload) = self.payload {
            self.notification.payload = json(payload)?;
        }
        Ok(self.notification)
    }
}

fn json<T: DeserializeOwned>(raw: &RawValue) -> Result<T, Malformed> {
    serde_json::from_str(raw.get()).map_err(|_| Malformed::Json)
}

/// Returns `None` if the value is not a string.
fn text<E: Error>(value: &RawValue) -> Result<Option<String>, E> {
    if !value.get().starts_with('"') {
        return Ok(None);
    }
    serde_json::from_str(value.get()).map(Some).map_err(E::custom)
}

#[cfg(test)]
mod tests {
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
    fn unwanted_fields_are_left_out() {
        let inner = r#"{"event_type": "a.b", "priority": "INFO", "payload": {"x": 1}, "_context_roles": [], "_context_user": "u"}"#;
        let read = |inner: &str, event_type: &str| {
            let filter = Filter {
                wants: &|found, priority| found == event_type && priority == "INFO",
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
        assert_eq!(read(late, "a.b").payload, 1);
        assert_eq!(read(late, "a.c").payload, Value::Null);
    }

    #[test]
    fn an_unwanted_notification_is_read_up_to_its_type() {
        let nobody = Filter {
            wants: &|_, _| false,
            context: &|_| true,
        };
        let body =
            br#"{"message_id": "m", "event_type": "a.b", "priority": "INFO", "payload": [[[ no JSON at all"#;
        let read = decode_some(JSON, None, body, &nobody).unwrap();
        assert_eq!(read.message_id.as_deref(), Some("m"));
        assert_eq!(read.event_type.as_deref(), Some("a.b"));
        assert_eq!(decode(JSON, None, body), Err(Malformed::Json));
    }

    #[test]
    fn a_member_of_the_context_as_large_as_no_id_is_left_out() {
        let body = |length: usize| format!(r#"{{"_context_user": "{}"}}"#, "x".repeat(length));
        let read = |length| decode(JSON, None, body(length).as_bytes()).unwrap().context;
        assert_eq!(read(1000).len(), 1);
        assert_eq!(read(LARGEST_MEMBER).len(), 0);
    }

    #[test]
    fn a_body_is_read_up_to_a_size_and_unpacked_first() {
        assert_eq!(payload(&vec![b' '; LARGEST + 1]), Err(Malformed::TooLarge));
        let packed = include_bytes!("../../tests/fixtures/packed/body.bz2");
        let mut padded = packed.to_vec();
        padded.resize(LARGEST + 1, 0);
        let bz2 = Some("application/x-bz2");
        assert_eq!(decode(JSON, bz2, &padded), Err(Malformed::TooLarge));
        let read = decode(JSON, bz2, packed).unwrap();
        assert_eq!(
            (read.event_type.as_deref(), read.payload),
            (Some("a.b"), 1.into())
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
