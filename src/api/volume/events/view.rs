//! Events as JSON.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;

use crate::api::json;
use crate::event::Envelope;

/// The answer to a report: the ids and times of the events.
pub fn accepted(events: &[Envelope], is_one: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(events.len() * 220 + 16);
    body.extend_from_slice(if is_one { b"{\"event\":" } else { b"{\"events\":[" });
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        head(&mut body, event);
        body.push(b'}');
    }
    body.extend_from_slice(if is_one { b"}" } else { b"]}" });
    body
}

/// A page of the history. `next` is the address of the next one.
pub fn page(events: &[Envelope], next: Option<&str>) -> Vec<u8> {
    let mut body = b"{\"events\":[".to_vec();
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        head(&mut body, event);
        body.extend_from_slice(b",\"payload\":");
        body.extend_from_slice(event.payload.as_bytes());
        for (name, text) in [
            ("project_id", &event.project_id),
            ("request_id", &event.request_id),
        ] {
            body.push(b',');
            json::string(&mut body, name);
            body.push(b':');
            match text {
                Some(text) => json::string(&mut body, text),
                None => body.extend_from_slice(b"null"),
            }
        }
        body.extend_from_slice(b",\"call_report\":");
        body.extend_from_slice(event.call_report.as_deref().unwrap_or("null").as_bytes());
        body.push(b'}');
    }
    body.push(b']');
    if let Some(next) = next {
        body.extend_from_slice(b",\"events_links\":[{\"rel\":\"next\",\"href\":");
        json::string(&mut body, next);
        body.extend_from_slice(b"}]");
    }
    body.push(b'}');
    body
}

/// The beginning of an event's object.
fn head(body: &mut Vec<u8>, event: &Envelope) {
    body.extend_from_slice(b"{\"message_id\":\"");
    json::uuid(body, event.message_id);
    body.extend_from_slice(b"\",\"publisher_id\":");
    json::string(body, &event.publisher_id);
    body.extend_from_slice(b",\"event_type\":");
    json::string(body, &event.event_type);
    body.extend_from_slice(b",\"priority\":");
    json::string(body, event.priority.name());
    body.extend_from_slice(b",\"timestamp\":");
    json::instant(body, event.timestamp);
}

/// An answer with this body.
pub fn answer(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        // Operators' text must not stay in shared caches.
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .body(body)
}
