//! `POST /v3/{project_id}/messages`: records one message or a batch.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::draft;
use super::view::{self, View};
use crate::api::body;
use crate::api::call::{self, Call};
use crate::api::error::Error;
use crate::api::volume::idempotency;
use crate::event::Origin;
use crate::message::{CheckedDraft, Message, State};
use crate::store::idempotency::{FirstRequest, IdempotencyKey, find};
use crate::store::{Batch, Recorded};

/// Records messages for any project.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, call::default_for_messages(&request)?)?;
    body::require_json(request.headers(), call.service)?;
    call.since(call.service.messages)?;
    call.allow_in_url()?;
    let key = idempotency::key(request.headers())?;
    let config = &call.app.config;
    let body = body::read(payload.into_inner(), &call.app, config.api.max_batch_body_size).await?;
    let (drafts, is_one) = drafts(&body, &call)?;
    let made = FirstRequest {
        ids: Vec::new(),
        created_at: call.app.clock.now(),
        request_id: idempotency::request_id(&request, &call),
    };
    let now = made.created_at;
    let key = key.map(|key| idempotency::claim(&call, b"POST messages", &key, &body, &made));
    let messages = messages(drafts, &call, made);
    let messages = record(messages, key, &body, &call, now).await?;
    Ok(respond(&View::new(&call), &messages, is_one))
}

/// Returns the checked drafts of a body, and whether it was a single message.
fn drafts(body: &[u8], call: &Call) -> Result<(Vec<CheckedDraft>, bool), Error> {
    let (drafts, is_one) = draft::parse(body, &call.app.config.api)?;
    let prefixes = drafts.iter().map(CheckedDraft::prefix);
    call.app.owners.check(&call.caller, prefixes)?;
    Ok((drafts, is_one))
}

/// Records the messages and returns them. A repeated request gets the messages of the first one with its key.
async fn record(
    messages: Arc<[Message]>,
    key: Option<IdempotencyKey>,
    body: &[u8],
    call: &Call,
    now: i64,
) -> Result<Arc<[Message]>, Error> {
    let app = &call.app;
    let project = call.project.as_deref().unwrap_or_default();
    let recorded = match app.quotas.reserve(&app.store, project, messages.len(), now).await {
        Ok(reservation) => {
            let batch = || {
                let events = messages.iter().map(|message| {
                    (
                        Origin::of(&message.project_id, &message.request_id),
                        message.payload(),
                    )
                });
                Batch {
                    messages: Arc::clone(&messages),
                    events: app.reporter.recorded(events, now),
                    key: key.clone(),
                }
            };
            let recorded = app.store.record(batch).await?;
            if recorded == Recorded::New {
                reservation.keep();
            }
            recorded
        }
        // A repeated request needs no room.
        Err(refused) => match key {
            Some(key) => recorded_before(call, key, now).await?.ok_or(refused)?,
            None => return Err(refused),
        },
    };
    match recorded {
        Recorded::New => Ok(messages),
        // This is rare: parsing the body again is cheaper than keeping the drafts of every request.
        Recorded::Before(first) => Ok(self::messages(drafts(body, call)?.0, call, first)),
        Recorded::Mismatch => Err(idempotency::mismatch()),
    }
}

/// The outcome of an earlier request with this key, if there was one.
async fn recorded_before(call: &Call, key: IdempotencyKey, now: i64) -> Result<Option<Recorded>, Error> {
    let found = call.app.store.read(move |conn| find(conn, &key, now)).await?;
    Ok((found != Recorded::New).then_some(found))
}

/// The messages of the drafts, with ids and time of `made`.
fn messages(drafts: Vec<CheckedDraft>, call: &Call, made: FirstRequest) -> Arc<[Message]> {
    let project = call.project.as_deref().unwrap_or_default();
    let ttl = call.app.config.messages.ttl_seconds();
    let mut ids = made.ids.into_iter();
    drafts
        .into_iter()
        .map(|draft| {
            let id = ids
                .next()
                .unwrap_or_else(|| call.app.reporter.next_id(made.created_at));
            draft.into_message(id, project, made.created_at, ttl, &made.request_id)
        })
        .collect()
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
        let is_own = view
            .reader()
            .is_some_and(|reader| reader.project == message.project_id);
        view.message(&mut body, message, is_own.then_some(State::Unread));
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
