//! Messages as JSON, in block storage's shape and order of keys.

use std::hash::Hasher;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use tidings_client::FULL_FORM;
use twox_hash::XxHash3_64;
use uuid::Uuid;

use super::reader;
use super::unknown_codes::UnknownCodes;
use crate::api::call::Call;
use crate::api::json::{self, Escaping};
use crate::catalog::{self, Language, Stored};
use crate::message::{FullForm, Message, State, time};
use crate::store::message::MessageRow;
use crate::store::read_state::ProjectUser;

/// Typical size of a message's JSON, in bytes.
pub const OBJECT_SIZE: usize = 720;

/// Precedes the address in the `self` link, and closes the text before it.
const SELF_LINK: &[u8] = b"\",\"links\":[{\"rel\":\"self\",\"href\":\"";

/// Precedes the address in the `bookmark` link.
const BOOKMARK_LINK: &[u8] = b"\"},{\"rel\":\"bookmark\",\"href\":\"";

/// How one caller sees messages.
#[derive(Clone)]
pub struct View {
    language: Language,
    /// The JSON of the two links up to their ids, written once for all messages.
    self_link: Vec<u8>,
    bookmark_link: Vec<u8>,
    /// Whether messages are written in their full form.
    is_full: bool,
    /// The reader whose read state the full form shows.
    reader: Option<ProjectUser>,
    /// A hash of what the answer depends on besides the rows.
    seed: u64,
    unknown_codes: Arc<UnknownCodes>,
}

/// The fields of a message, from a row or a new message.
struct Fields<'a> {
    id: Uuid,
    project_id: &'a str,
    created_at: i64,
    expires_at: Option<i64>,
    request_id: &'a str,
    level: &'a str,
    resource_uuid: Option<&'a str>,
    stored: Stored<'a>,
}

impl View {
    /// The view of a call.
    pub fn new(call: &Call) -> Self {
        let address = call.address("messages/");
        let (base, below) = address.split_at(call.base.len());
        let mut self_link = SELF_LINK.to_vec();
        json::escaped(&mut self_link, &address);
        let mut bookmark_link = BOOKMARK_LINK.to_vec();
        json::escaped(&mut bookmark_link, base);
        json::escaped(&mut bookmark_link, &below[call.service.prefix.len()..]);
        let mut hasher = XxHash3_64::new();
        hasher.write(catalog::fingerprint().as_bytes());
        hasher.write(&self_link);
        hasher.write(call.language.tag().as_bytes());
        hasher.write_u8(u8::from(call.is_full));
        Self {
            language: call.language,
            self_link,
            bookmark_link,
            is_full: call.is_full,
            reader: call.is_full.then(|| reader::of(&call.caller).ok()).flatten(),
            seed: hasher.finish(),
            unknown_codes: call.app.unknown_codes.clone(),
        }
    }

    /// The language of the texts.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether messages are written in their full form.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// The reader whose read state the full form shows, if any.
    pub fn reader(&self) -> Option<&ProjectUser> {
        self.reader.as_ref()
    }

    /// A hasher for entity tags.
    pub fn hasher(&self) -> XxHash3_64 {
        XxHash3_64::with_seed(self.seed)
    }

    /// Writes a stored row as an object. The full form says the state for the caller, if that is known.
    pub fn row(&self, out: &mut Vec<u8>, row: &MessageRow, state: Option<State>) {
        self.object(
            out,
            &Fields {
                id: row.id,
                project_id: row.project_id(),
                created_at: row.created_at,
                expires_at: row.expires_at,
                request_id: row.request_id(),
                level: row.message_level(),
                resource_uuid: row.resource_uuid(),
                stored: Stored {
                    event_id: row.event_id(),
                    action_id: row.action_id(),
                    detail_id: row.detail_id(),
                    resource_type: row.resource_type(),
                    parameters: row.parameters(),
                },
            },
            state,
        );
    }

    /// Writes a message as an object. The full form says the state for the caller, if that is known.
    pub fn message(&self, out: &mut Vec<u8>, message: &Message, state: Option<State>) {
        self.object(
            out,
            &Fields {
                id: message.id,
                project_id: &message.project_id,
                created_at: message.created_at,
                expires_at: message.expires_at,
                request_id: &message.request_id,
                level: &message.message_level,
                resource_uuid: message.resource_uuid.as_deref(),
                stored: message.stored(),
            },
            state,
        );
    }

    /// The address of a message.
    pub fn location(&self, id: Uuid) -> Vec<u8> {
        let mut location = self.self_link[SELF_LINK.len()..].to_vec();
        json::uuid(&mut location, id);
        location
    }

    fn object(&self, out: &mut Vec<u8>, fields: &Fields<'_>, state: Option<State>) {
        let mut id = Uuid::encode_buffer();
        let id = fields.id.hyphenated().encode_lower(&mut id).as_bytes();
        out.extend_from_slice(b"{\"id\":\"");
        out.extend_from_slice(id);
        out.extend_from_slice(b"\",\"event_id\":\"");
        json::escaped(out, fields.stored.event_id);
        out.extend_from_slice(b"\",\"user_message\":\"");
        // Writing into memory does not fail.
        if let Ok(false) = fields
            .stored
            .write_user_message(&mut Escaping(out), self.language)
        {
            self.unknown_codes.met(fields.stored.event_id);
        }
        out.extend_from_slice(b"\",\"message_level\":\"");
        json::escaped(out, fields.level);
        out.extend_from_slice(b"\",\"created_at\":\"");
        out.extend_from_slice(&time::digits(fields.created_at));
        out.extend_from_slice(b"\",\"guaranteed_until\":");
        match fields.expires_at {
            Some(at) => json::instant(out, at),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"request_id\":\"");
        json::escaped(out, fields.request_id);
        out.extend_from_slice(&self.self_link);
        out.extend_from_slice(id);
        out.extend_from_slice(&self.bookmark_link);
        out.extend_from_slice(id);
        out.extend_from_slice(b"\"}]");
        for (key, value) in [
            (&b",\"resource_type\":\""[..], fields.stored.resource_type),
            (b",\"resource_uuid\":\"", fields.resource_uuid),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                out.extend_from_slice(key);
                json::escaped(out, value);
                out.push(b'"');
            }
        }
        if self.is_full {
            self.full_form(out, fields, state);
        }
        out.push(b'}');
    }

    fn full_form(&self, out: &mut Vec<u8>, fields: &Fields<'_>, state: Option<State>) {
        let full = FullForm::of(fields.project_id, &fields.stored, self.language);
        let opened = out.len();
        // Writing into memory does not fail. The members continue the object.
        if serde_json::to_writer(&mut *out, &full).is_ok() {
            out[opened] = b',';
            out.pop();
        }
        out.extend_from_slice(match state {
            Some(State::Unread) => b",\"read\":false,\"done\":false",
            Some(State::Read) => b",\"read\":true,\"done\":false",
            Some(State::Done) => b",\"read\":true,\"done\":true",
            None => b",\"read\":null,\"done\":null",
        });
    }
}

/// A 200 (or 201) with a body in the view's language.
pub fn answer(status: StatusCode, view: &View, body: Vec<u8>) -> HttpResponse {
    let mut response = HttpResponse::with_body(status, actix_web::body::BoxBody::new(body));
    let headers = response.headers_mut();
    let media_type = if view.is_full {
        FULL_FORM
    } else {
        "application/json"
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(view.language().http_tag()),
    );
    // A tenant's messages must not stay in shared caches.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    response
}

/// The 304 for a client that has this version.
pub fn not_modified(etag: &str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::ETAG, etag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .finish()
}
