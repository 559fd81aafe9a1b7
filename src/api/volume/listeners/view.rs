//! Listeners and deliveries as JSON. Secrets are masked.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::call::Call;
use crate::listener::{Listener, OpenError, StoredListener};
use crate::message::time;
use crate::store::delivery::{AttemptRecord, DeliveryRecord};

/// A listener.
pub fn listener(call: &Call, listener: &Listener) -> Value {
    linked(call, listener.id, listener_members(listener))
}

/// A listener as it is stored. What keeps it from being used, such as a lost key, is its `problem`.
pub fn stored(call: &Call, stored: &StoredListener) -> Value {
    match call.app.registrar.open(stored) {
        Ok(opened) => listener(call, &opened),
        Err(problem) => linked(call, stored.id, unusable_members(stored, &problem)),
    }
}

/// Adds what both forms of a listener have besides the settings.
macro_rules! with_own {
    ($members:expr, $listener:expr) => {{
        let own = [
            ("id", $listener.id.to_string().into()),
            ("scope", $listener.reach.name().into()),
            ("project_id", json!($listener.reach.project())),
            ("created_at", time::format($listener.created_at).into()),
            ("updated_at", time::format($listener.updated_at).into()),
            ("failing_since", json!($listener.failing_since.map(time::format))),
            ("disabled_reason", json!($listener.disabled_reason)),
        ];
        let mut members = $members;
        members.extend(own.map(|(name, value): (&str, Value)| (name.to_owned(), value)));
        members
    }};
}

/// A listener without its address.
pub fn listener_members(listener: &Listener) -> Map<String, Value> {
    with_own!(listener.settings.visible(), listener)
}

/// A listener that cannot be used, without its address and secrets.
pub fn unusable_members(stored: &StoredListener, problem: &OpenError) -> Map<String, Value> {
    let mut members = with_own!(stored.without_secrets(), stored);
    members.insert("problem".to_owned(), problem.to_string().into());
    members
}

fn linked(call: &Call, listener: Uuid, mut members: Map<String, Value>) -> Value {
    let links = json!([{ "rel": "self", "href": address(call, listener) }]);
    members.insert("links".to_owned(), links);
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
pub fn page(name: &str, entries: &[Value], next: Option<String>) -> Value {
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
