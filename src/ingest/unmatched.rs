//! The kind of a notification of which no rule makes a message. Its texts are left behind: they may hold anything.

use serde_json::{Map, Value};

use crate::bus::Notification;
use crate::event::Priority;
use crate::store::ingest::Unmatched;

/// The longest names that are kept, in bytes.
const LONGEST_PUBLISHER: usize = 64;
const LONGEST: usize = 255;

/// How many objects inside each other are searched for an exception.
const DEEPEST: usize = 6;

/// The keys that may hold the name of an exception, the most telling first.
const KEYS: [&str; 5] = ["exception", "reason", "fault", "error", "class"];

/// The end of the key below which versioned notifications keep their values.
const VERSIONED: &str = "_object.data";

/// Whether a notification of this priority reports a failure.
pub fn is_failure(priority: &str) -> bool {
    [Priority::Error, Priority::Critical]
        .iter()
        .any(|known| known.name().eq_ignore_ascii_case(priority))
}

/// Returns the kind of a notification, if it reports a failure.
pub fn kind(notification: &Notification) -> Option<Unmatched> {
    is_failure(notification.priority.as_deref()?).then(|| {
        let publisher = notification.publisher_id.as_deref().unwrap_or_default();
        let publisher = publisher
            .split_once('.')
            .map_or(publisher, |(service, _)| service);
        Unmatched {
            publisher: name(publisher, LONGEST_PUBLISHER),
            event_type: name(notification.event_type.as_deref().unwrap_or_default(), LONGEST),
            reason: notification
                .payload
                .as_object()
                .and_then(|payload| class_in(payload, 0))
                .unwrap_or_default(),
        }
    })
}

/// A name as services choose them, and no text.
fn name(text: &str, longest: usize) -> String {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !text.is_empty() && text.len() <= longest && text.bytes().all(is_fit) {
        text.to_owned()
    } else {
        Unmatched::OTHER.to_owned()
    }
}

fn class_in(object: &Map<String, Value>, depth: usize) -> Option<String> {
    if depth == DEEPEST {
        return None;
    }
    let named = KEYS.iter().filter_map(|key| object.get(*key));
    let versioned = object.iter().filter(|(key, _)| key.ends_with(VERSIONED));
    named
        .chain(versioned.map(|(_, value)| value))
        .find_map(|value| match value {
            Value::String(text) => class(text).map(str::to_owned),
            Value::Object(inner) => class_in(inner, depth + 1),
            _ => None,
        })
}

/// The class that a text names: `nova.exception.NoValidHost`, `NoValidHost(...)` or `NoValidHost: ...`, but no sentence.
fn class(text: &str) -> Option<&str> {
    let end = text.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_' && sign != '.');
    let (path, rest) = text.split_at(end.unwrap_or(text.len()));
    let class = path.rsplit('.').next()?;
    let has_form = class.starts_with(|first: char| first.is_ascii_uppercase())
        && class.bytes().any(|byte| byte.is_ascii_lowercase())
        && class.len() <= LONGEST;
    (has_form && (rest.is_empty() || rest.starts_with(['(', ':']))).then_some(class)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reason(payload: Value) -> String {
        let notification = Notification {
            publisher_id: Some("compute.host.example".to_owned()),
            event_type: Some("instance.create.error".to_owned()),
            priority: Some("error".to_owned()),
            payload,
            ..Notification::default()
        };
        let kind = kind(&notification).unwrap();
        assert_eq!(
            (&*kind.publisher, &*kind.event_type),
            ("compute", "instance.create.error")
        );
        kind.reason
    }

    #[test]
    fn only_the_class_of_a_reason_is_kept() {
        let versioned = json!({ "nova_object.data": { "fault": { "nova_object.data": { "exception": "NoValidHost" } } } });
        for (payload, class) in [
            (
                json!({ "exception": "nova.exception.BuildAbort: secret" }),
                "BuildAbort",
            ),
            (json!({ "reason": "NoValidBackend(secret)" }), "NoValidBackend"),
            (
                json!({ "exception": { "class": "OverQuota", "message": "secret" } }),
                "OverQuota",
            ),
            (versioned, "NoValidHost"),
            (json!({ "reason": "No host for secret" }), ""),
            (json!({ "reason": "/secret/path" }), ""),
            (json!({ "exception": "SECRET" }), ""),
            (json!(["x"]), ""),
        ] {
            assert_eq!(reason(payload), class);
        }
    }

    #[test]
    fn other_priorities_and_odd_names_are_left_out() {
        let mut notification = Notification {
            priority: Some("INFO".to_owned()),
            event_type: Some("a b".to_owned()),
            ..Notification::default()
        };
        assert_eq!(kind(&notification), None);
        notification.priority = Some("CRITICAL".to_owned());
        assert_eq!(kind(&notification).unwrap().event_type, "?");
    }
}
