//! JSON Schema of reports: an alternative for each event type and form of its payload.

use serde_json::{Map, Value, json};

use super::drafts::UUID;
use crate::catalog::{self, EventType, Field, FieldKind};

/// The alternatives for all event types that services may report.
pub fn alternatives() -> Vec<Value> {
    catalog::event_types()
        .iter()
        .filter(|known| !known.is_own())
        .flat_map(|known| of_type(known))
        .collect()
}

fn of_type(known: &EventType) -> Vec<Value> {
    let mut found = Vec::new();
    let structured = EventType::priorities(known.structured);
    if !structured.is_empty() {
        for form in known.forms {
            found.push(alternative(known, &structured, &object(form)));
        }
    }
    let text = EventType::priorities(known.text);
    if !text.is_empty() {
        found.push(alternative(known, &text, &json!({ "type": "string" })));
    }
    let id = EventType::priorities(known.id);
    if !id.is_empty() {
        found.push(alternative(known, &id, &kind(FieldKind::Uuid)));
    }
    found
}

fn alternative(known: &EventType, priorities: &[&str], payload: &Value) -> Value {
    json!({
        "title": format!("{} with {}", known.name, priorities.join(", ")),
        "properties": {
            "event_type": { "const": known.name },
            "priority": { "enum": priorities },
            "payload": payload,
        },
    })
}

fn object(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| !field.optional)
        .map(|field| field.name)
        .collect();
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), holding(field)))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn holding(field: &Field) -> Value {
    match field.kinds {
        [one] => kind(*one),
        many => json!({ "anyOf": many.iter().map(|one| kind(*one)).collect::<Vec<_>>() }),
    }
}

fn kind(kind: FieldKind) -> Value {
    match kind {
        FieldKind::Uuid => json!({ "type": "string", "pattern": UUID }),
        FieldKind::String => json!({ "type": "string" }),
        FieldKind::Integer => json!({ "type": "integer", "minimum": i64::MIN, "maximum": i64::MAX }),
        FieldKind::Number => json!({ "type": "number" }),
        FieldKind::Boolean => json!({ "type": "boolean" }),
        FieldKind::Time => json!({ "type": "string", "format": "date-time" }),
        FieldKind::Object => json!({ "type": "object" }),
        FieldKind::List => json!({ "type": "array", "items": {} }),
        FieldKind::Strings => json!({ "type": "array", "items": { "type": "string" } }),
        FieldKind::Choice(words) => json!({ "enum": words }),
        FieldKind::Null => json!({ "type": "null" }),
    }
}
