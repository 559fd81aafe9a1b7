//! Validates payloads against the catalog.

use chrono::{DateTime, NaiveDateTime};
use serde_json::{Map, Value};

use super::fault::ReportFault;
use super::priority::Priority;
use crate::catalog::{EventType, Field, FieldKind, canonical_uuid};

/// Validates a payload: structured or a text, whichever the type allows at this priority, and every field of a
/// structured one. Unknown fields are allowed, since services extend their payloads over time.
///
/// # Errors
/// Lists everything that is wrong; with several possible shapes, relative to the one that fits best.
pub(super) fn payload(
    known: &EventType,
    priority: Priority,
    payload: &Value,
) -> Result<(), Vec<ReportFault>> {
    let index = match priority {
        Priority::Warn => 1,
        Priority::Error => 2,
        _ => 0,
    };
    match payload {
        Value::Object(object) if known.structured[index] => structured(known, object),
        Value::String(_) if known.text[index] => Ok(()),
        Value::String(text) if known.id[index] && is_uuid(text) => Ok(()),
        _ => {
            let mut wanted = Vec::new();
            if known.structured[index] {
                wanted.push("an object");
            }
            if known.text[index] {
                wanted.push("a text");
            }
            if known.id[index] {
                wanted.push("the id");
            }
            let text = format!("must be {} with priority {priority}", wanted.join(" or "));
            Err(vec![ReportFault::new("payload", text)])
        }
    }
}

fn structured(known: &EventType, object: &Map<String, Value>) -> Result<(), Vec<ReportFault>> {
    let mut nearest: Option<Vec<ReportFault>> = None;
    for form in known.forms {
        let faults: Vec<ReportFault> = form.iter().filter_map(|field| fault(field, object)).collect();
        if faults.is_empty() {
            return Ok(());
        }
        if nearest.as_ref().is_none_or(|least| faults.len() < least.len()) {
            nearest = Some(faults);
        }
    }
    nearest.map_or(Ok(()), Err)
}

fn fault(field: &Field, object: &Map<String, Value>) -> Option<ReportFault> {
    let text = match object.get(field.name) {
        None if field.optional => return None,
        None => "is required".to_owned(),
        Some(value) if field.kinds.iter().any(|kind| holds(*kind, value)) => return None,
        Some(_) => {
            let kinds: Vec<String> = field.kinds.iter().map(|kind| in_words(*kind)).collect();
            format!("must be {}", kinds.join(" or "))
        }
    };
    Some(ReportFault::new(&format!("payload.{}", field.name), text))
}

fn holds(kind: FieldKind, value: &Value) -> bool {
    match kind {
        FieldKind::Uuid => value.as_str().is_some_and(is_uuid),
        FieldKind::String => value.is_string(),
        FieldKind::Integer => is_integer(value),
        FieldKind::Number => value.is_number(),
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Time => is_time(value),
        FieldKind::Object => value.is_object(),
        FieldKind::List => value.is_array(),
        FieldKind::Strings => value
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_string)),
        FieldKind::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)),
        FieldKind::Null => value.is_null(),
    }
}

fn in_words(kind: FieldKind) -> String {
    let text = match kind {
        FieldKind::Uuid => "a UUID",
        FieldKind::String => "a text",
        FieldKind::Integer => "a whole number",
        FieldKind::Number => "a number",
        FieldKind::Boolean => "true or false",
        FieldKind::Time => "a time such as 2026-11-21T03:20:24Z",
        FieldKind::Object => "an object",
        FieldKind::List => "a list",
        FieldKind::Strings => "a list of texts",
        FieldKind::Choice(words) => return format!("one of {}", words.join(", ")),
        FieldKind::Null => "null",
    };
    text.to_owned()
}

/// A 64-bit integer; as in JSON Schema, `1.0` is one.
fn is_integer(value: &Value) -> bool {
    // The first number that exceeds a signed 64-bit integer. Its negative still fits.
    const END: f64 = 9_223_372_036_854_775_808.0;
    let is_whole = |number: f64| number.fract() == 0.0 && number.abs() < END;
    value.is_i64() || (value.is_f64() && value.as_f64().is_some_and(is_whole))
}

/// With or without hyphens, as services write ids.
fn is_uuid(text: &str) -> bool {
    canonical_uuid(&text.to_ascii_lowercase()).is_some()
        || (text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// ISO 8601 with or without a zone, or the form in which Python's `bson` writes a time.
fn is_time(value: &Value) -> bool {
    let Some(text) = value.as_str() else {
        return value
            .as_object()
            .is_some_and(|object| object.len() == 1 && object.get("$date").is_some_and(Value::is_i64));
    };
    DateTime::parse_from_rfc3339(text).is_ok()
        || ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .any(|form| NaiveDateTime::parse_from_str(text, form).is_ok())
}
