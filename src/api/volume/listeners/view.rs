//! Listeners and deliveries as JSON. Secrets are masked.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::listener::Listener;
use crate::message::time;
use crate::store::delivery::{AttemptRecord, DeliveryRecord};

/// A listener.
pub fn listener(call: &Call, listener: &Listener) -> Value {
    let mut members = listener.settings.visible();
    let address = address(call, listener.id);
    let own = json!({
        "id": listener.id.to_string(),
        "scope": listener.reach.name(),
        "project_id": listener.reach.project(),
        "created_at": time::format(listener.created_at),
        "updated_at": time::format(listener.updated_at),
        "failing_since": listener.failing_since.map(time::format),
        "disabled_reason": listener.disabled_reason,
        "links": [{ "rel": "self", "href": address }],
    });
    if let Value::Object(own) = own {
        members.extend(own);
    }
    members.into()
}

/// The address of a listener.
pub fn address(call: &Call, listener: Uuid) -> String {
    format!("{}/{listener}", call.address("listeners"))
}

/// A delivery; `now` in microseconds since 1970.
pub fn delivery(record: &DeliveryRecord, event_type: Option<&str>, now: i64) -> Map<String, Value> {
    let is_in_flight = record.is_claimed && record.due.is_some_and(|until| until > now);
    let next = record.due.filter(|_| !is_in_flight).map(time::format);
    let members = [
        ("event_id", record.event.to_string().into()),
        ("event_type", json!(event_type)),
        ("created_at", time::format(record.created_at).into()),
        ("state", record.state.name().into()),
        ("in_flight", is_in_flight.into()),
        ("next_attempt_at", json!(next)),
        ("attempts_made", record.attempts.into()),
        ("reason", json!(record.reason)),
    ];
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// An attempt.
pub fn attempt(attempt: &AttemptRecord) -> Value {
    json!({
        "started_at": time::format(attempt.started_at),
        "milliseconds": attempt.milliseconds,
        "delivered": attempt.is_delivered,
        "status": attempt.status,
        "answer": attempt.answer,
    })
}

/// A page of a list, with the address of the next one.
pub fn page(name: &str, entries: Vec<Value>, next: Option<String>) -> Value {
    let mut page = json!({ name: entries });
    if let Some(next) = next {
        page[format!("{name}_links")] = json!([{ "rel": "next", "href": next }]);
    }
    page
}

/// An answer with this body.
pub fn answer(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        // Answers may contain operators' text, and one contains a secret.
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(body.to_string())
}
