//! Messages as JSON, in Manila's shape and order of keys.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;

use super::fields::{LEVEL, NEVER, NO_PART, NO_RESOURCE, NO_RESOURCE_TYPE};
use crate::api::call::Call;
use crate::api::json::{self, Escaping};
use crate::api::volume::messages::unknown_codes::UnknownCodes;
use crate::catalog::{Language, Stored};
use crate::store::message::MessageRow;

/// Typical size of a message's JSON, in bytes.
pub const OBJECT_SIZE: usize = 820;

/// How one caller sees messages.
#[derive(Clone)]
pub struct View {
    language: Language,
    /// The two links up to their ids, escaped.
    self_link: Vec<u8>,
    bookmark_link: Vec<u8>,
    unknown_codes: Arc<UnknownCodes>,
}

impl View {
    /// The view of a call.
    pub fn new(call: &Call) -> Self {
        let address = call.address("messages/");
        let (base, below) = address.split_at(call.base.len());
        let (mut self_link, mut bookmark_link) = (Vec::new(), Vec::new());
        json::escaped(&mut self_link, &address);
        json::escaped(&mut bookmark_link, base);
        json::escaped(&mut bookmark_link, &below[call.service.prefix.len()..]);
        Self {
            language: call.language,
            self_link,
            bookmark_link,
            unknown_codes: call.app.unknown_codes.clone(),
        }
    }

    /// Writes a row as an object.
    pub fn row(&self, out: &mut Vec<u8>, row: &MessageRow) {
        out.extend_from_slice(b"{\"id\":\"");
        json::uuid(out, row.id);
        out.push(b'"');
        member(out, "project_id", row.project_id());
        member(out, "action_id", row.action_id().unwrap_or(NO_PART));
        member(out, "detail_id", row.detail_id().unwrap_or(NO_PART));
        member(out, "message_level", LEVEL);
        out.extend_from_slice(b",\"created_at\":");
        json::instant(out, row.created_at);
        out.extend_from_slice(b",\"expires_at\":");
        json::instant(out, row.expires_at.unwrap_or(NEVER));
        member(out, "request_id", row.request_id());
        out.extend_from_slice(b",\"links\":[{\"rel\":\"self\",\"href\":\"");
        out.extend_from_slice(&self.self_link);
        json::uuid(out, row.id);
        out.extend_from_slice(b"\"},{\"rel\":\"bookmark\",\"href\":\"");
        out.extend_from_slice(&self.bookmark_link);
        json::uuid(out, row.id);
        out.extend_from_slice(b"\"}]");
        let resource_type = row.resource_type().filter(|name| !name.is_empty());
        member(out, "resource_type", resource_type.unwrap_or(NO_RESOURCE_TYPE));
        match row.resource_uuid().filter(|id| !id.is_empty()) {
            Some(id) => member(out, "resource_id", id),
            None => member(out, "resource_id", &NO_RESOURCE.to_string()),
        }
        out.extend_from_slice(b",\"user_message\":\"");
        let stored = Stored {
            event_id: row.event_id(),
            action_id: row.action_id(),
            detail_id: row.detail_id(),
            resource_type: row.resource_type(),
            parameters: row.parameters(),
        };
        // Writing into memory does not fail.
        if let Ok(false) = stored.write_spaced_message(&mut Escaping(out), self.language) {
            self.unknown_codes.met(row.event_id());
        }
        out.extend_from_slice(b"\"}");
    }

    /// A 200 with a body in the view's language.
    pub fn answer(&self, body: Vec<u8>) -> HttpResponse {
        HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((header::CONTENT_LANGUAGE, self.language.http_tag()))
            // A tenant's messages must not stay in shared caches.
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(body)
    }
}

/// Writes a further member with a text.
fn member(out: &mut Vec<u8>, key: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    json::string(out, value);
}
