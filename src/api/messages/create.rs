//! `POST /v3/{project_id}/messages`: recording, one message or a batch.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use uuid::{ContextV7, Timestamp, Uuid};

use super::draft::{self, Drafts, Limits};
use super::view::{self, View};
use crate::api::body;
use crate::api::call::{self, Call};
use crate::api::error::Error;
use crate::api::version::Version;
use crate::identity::Rule;
use crate::message::{Checked, Message, time};
use crate::store::idempotency::{self, First, Key};
use crate::store::{Batch, Recorded};
use crate::telemetry::RequestId;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const GLOBAL_REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// Longest idempotency key, in bytes.
const LONGEST_KEY: usize = 255;

/// Records what a service sends, for any project.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, call::default_for_messages(&request))?;
    let content_type = request.headers().get(header::CONTENT_TYPE);
    if !content_type.is_some_and(body::is_json) {
        return Err(Error::UnsupportedMediaType);
    }
    call.since(Version::MESSAGES)?;
    call.may_in_url(Rule::MessageCreate)?;
    let key = idempotency_key(request.headers())?;
    let config = &call.app.config;
    let body = body::read(payload.into_inner(), &call.app, config.api.max_batch_body_size).await?;
    let (drafts, is_one) = drafts(&body, &call)?;
    let made = First {
        ids: Vec::new(),
        created_at: call.app.clock.now(),
        request_id: request_id(&request, &call),
    };
    let key = key.map(|key| Key {
        scope: scope(&call, &key),
        request: Sha256::digest(&body).into(),
        request_id: made.request_id.clone(),
        expires_at: made.created_at + micros(config.messages.idempotency_ttl),
    });
    let messages = messages(drafts, &call, made);
    let messages = record(messages, key, &body, &call).await?;
    Ok(respond(&View::new(&call), &messages, is_one))
}

/// The checked drafts of a body, and whether it was one message rather than a batch.
fn drafts(body: &[u8], call: &Call) -> Result<(Vec<Checked>, bool), Error> {
    let api = &call.app.config.api;
    let limits = Limits {
        single: api.max_request_body_size,
        batch: api.max_batch_size,
    };
    let (drafts, is_one) = match draft::parse(body, limits)? {
        Drafts::One(draft) => (vec![*draft], true),
        Drafts::Many(drafts) => (drafts, false),
    };
    let prefixes = drafts.iter().map(Checked::prefix);
    call.app.owners.check(&call.caller, prefixes)?;
    Ok((drafts, is_one))
}

/// Records the messages, and gives those to answer with: these, or those of the first request with the same key.
async fn record(
    messages: Arc<[Message]>,
    key: Option<Key>,
    body: &[u8],
    call: &Call,
) -> Result<Arc<[Message]>, Error> {
    let app = &call.app;
    let project = call.project.as_deref().unwrap_or_default();
    let now = app.clock.now();
    let recorded = match app.quotas.take(&app.store, project, messages.len(), now).await {
        Ok(room) => {
            let batch = Batch {
                messages: Arc::clone(&messages),
                key,
            };
            let recorded = app.store.record(batch).await?;
            if recorded == Recorded::New {
                room.keep();
            }
            recorded
        }
        // What was recorded already needs no room.
        Err(refused) => match key {
            Some(key) => recorded_before(call, key, now).await?.ok_or(refused)?,
            None => return Err(refused),
        },
    };
    match recorded {
        Recorded::New => {
            let count = u64::try_from(messages.len()).unwrap_or(0);
            app.metrics.rows.recorded.inc_by(count);
            Ok(messages)
        }
        // So seldom that reading the body again is cheaper than to keep the drafts of every request.
        Recorded::Before(first) => Ok(self::messages(drafts(body, call)?.0, call, first)),
        Recorded::Mismatch => Err(Error::Unprocessable(
            "Idempotency-Key: was used before with another request body".to_owned(),
        )),
    }
}

/// What became of an earlier request with this key, if there was one.
async fn recorded_before(call: &Call, key: Key, now: i64) -> Result<Option<Recorded>, Error> {
    let found = call
        .app
        .store
        .read(move |conn| idempotency::find(conn, &key, now))
        .await?;
    Ok((found != Recorded::New).then_some(found))
}

/// The messages of the drafts, made now or, from what the store kept, as they were made before.
fn messages(drafts: Vec<Checked>, call: &Call, made: First) -> Arc<[Message]> {
    let project = call.project.as_deref().unwrap_or_default();
    let ttl = call.app.config.messages.ttl_seconds();
    // One context for the batch: its ids ascend in the order of the request.
    let context = ContextV7::new();
    let mut ids = made.ids.into_iter();
    drafts
        .into_iter()
        .map(|draft| {
            let id = ids
                .next()
                .unwrap_or_else(|| Uuid::new_v7(timestamp(&context, made.created_at)));
            draft.into_message(id, project, made.created_at, ttl, &made.request_id)
        })
        .collect()
}

fn timestamp(context: &ContextV7, micros: i64) -> Timestamp {
    let seconds = u64::try_from(micros.div_euclid(time::SECOND)).unwrap_or(0);
    let nanos = u32::try_from(micros.rem_euclid(time::SECOND) * 1000).unwrap_or(0);
    Timestamp::from_unix(context, seconds, nanos)
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 2)
}

fn respond(view: &View, messages: &[Message], is_one: bool) -> HttpResponse {
    let mut body = Vec::with_capacity(messages.len() * view::OBJECT_SIZE);
    body.extend_from_slice(if is_one {
        b"{\"message\":"
    } else {
        b"{\"messages\":["
    });
    for (index, message) in messages.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        view.message(&mut body, message);
    }
    body.extend_from_slice(if is_one { b"}" } else { b"]}" });
    let mut response = view::answer(StatusCode::CREATED, view, body);
    if let (true, Some(message)) = (is_one, messages.first())
        && let Ok(location) = HeaderValue::from_bytes(&view.location(message.id))
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The id that messages without one of their own carry: the global one that the service passes on, else this call's.
fn request_id(request: &HttpRequest, call: &Call) -> String {
    let global = request
        .headers()
        .get(GLOBAL_REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    global
        .and_then(RequestId::parse_global)
        .unwrap_or(call.request_id)
        .as_str()
        .to_owned()
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Error> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY);
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.as_bytes();
    let is_printable = key.iter().all(|byte| (0x21..=0x7e).contains(byte));
    if keys.next().is_some() || key.is_empty() || key.len() > LONGEST_KEY || !is_printable {
        return Err(Error::BadRequest(
            "Idempotency-Key: must be given once, with 1 to 255 printable ASCII characters".to_owned(),
        ));
    }
    Ok(Some(key.to_vec()))
}

/// Whose key it is: the same text means another key to another user, in another project and on another route. Lengths
/// go in so that no two lists of parts read the same.
fn scope(call: &Call, key: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let own = call.caller.project.as_deref().unwrap_or_default();
    let named = call.project.as_deref().unwrap_or_default();
    for part in [
        call.caller.user.as_bytes(),
        own.as_bytes(),
        b"POST messages",
        named.as_bytes(),
        key,
    ] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
