//! `GET` and `PUT /v3/{project_id}/messages/-/read`: the caller's read state in the project.
//!
//! Callers who may list may also show and change their read state. Forms send a POST (`browser/page/mark.rs`).

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::reader;
use crate::api::body;
use crate::api::browser::page::csrf;
use crate::api::call::{self, Call};
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::message::time;
use crate::store::read_state::{self, Seen, Unread};

/// Most messages of one request.
const MOST: usize = 1000;

/// Unread messages are counted up to this number.
const MOST_COUNTED: u32 = 1000;

/// The body of a PUT.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    read: Fields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    messages: Option<Vec<String>>,
    until: Option<String>,
    all: Option<bool>,
}

/// What to mark as read.
enum Change {
    Messages(Vec<Uuid>),
    /// All existing messages up to a time.
    Until(Seen),
}

/// Answers how many messages are unread, and which of the named ones.
pub async fn show(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    let reader = reader::of(&call.caller)?;
    let asked = asked(request.query_string())?;
    let read = call.app.store.read(move |conn| {
        let unread = read_state::unread(conn, &reader, MOST_COUNTED)?;
        let Some(asked) = &asked else {
            return Ok((unread, None));
        };
        let known = read_state::positions(conn, &reader, asked)?;
        let among = read_state::unread_among(conn, &reader, &known)?;
        // In the order of the query string.
        let ids = asked.iter().copied().filter(|id| among.contains(id));
        Ok((unread, Some(ids.collect::<Vec<_>>())))
    });
    let (unread, ids) = read.await?;
    Ok(answer(&unread, ids))
}

/// Marks messages as read.
pub async fn change(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, call::default_for_messages(&request)?)?;
    body::require_json(request.headers(), call.service)?;
    let limit = call.app.config.api.max_request_body_size;
    let body = body::read(payload.into_inner(), &call.app, limit).await?;
    body::parse_any(&body)?;
    call.in_own_project()?;
    call.since(call.service.messages)?;
    call.allow()?;
    csrf::check_script(&request)?;
    let change = parse(&body)?;
    let unread = note(&call, change).await?;
    Ok(answer(&unread, None))
}

async fn note(call: &Call, change: Change) -> Result<Unread, Error> {
    let (reader, now) = (reader::of(&call.caller)?, call.app.clock.now());
    let noted = reader.clone();
    let write = call.app.store.write(move |tx| match &change {
        Change::Messages(ids) => read_state::mark(tx, &noted, ids),
        Change::Until(until) => read_state::mark_until(tx, &noted, *until, now),
    });
    write.await?;
    let unread = call
        .app
        .store
        .read(move |conn| read_state::unread(conn, &reader, MOST_COUNTED));
    Ok(unread.await?)
}

fn parse(body: &[u8]) -> Result<Change, Error> {
    let Body { read } = serde_json::from_slice(body).map_err(|_| {
        Error::BadRequest("The body must be {\"read\": {\"messages\": [id, ..]}}, {\"read\": {\"until\": time}} or {\"read\": {\"all\": true}}.".to_owned())
    })?;
    match (read.messages, read.until, read.all) {
        (Some(messages), None, None) => Ok(Change::Messages(ids(
            "messages",
            messages.iter().map(String::as_str),
        )?)),
        (None, Some(until), None) => Ok(Change::Until(Seen::until(reader::until(&until)?))),
        (None, None, Some(true)) => Ok(Change::Until(Seen::ALL)),
        _ => Err(Error::BadRequest(
            "read: must have exactly one of messages, until and all (true)".to_owned(),
        )),
    }
}

/// The messages that the query string names, if any.
fn asked(query: &str) -> Result<Option<Vec<Uuid>>, Error> {
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    if let Some((name, _)) = pairs.iter().find(|(name, _)| name != "message") {
        return Err(Error::BadRequest(format!("Invalid parameters: {name}")));
    }
    if pairs.is_empty() {
        return Ok(None);
    }
    ids("message", pairs.iter().map(|(_, value)| value.as_ref())).map(Some)
}

fn ids<'a>(field: &str, texts: impl Iterator<Item = &'a str>) -> Result<Vec<Uuid>, Error> {
    let mut ids = Vec::new();
    for text in texts {
        if ids.len() == MOST {
            return Err(Error::BadRequest(format!("There are more than {MOST} messages.")));
        }
        let id = canonical_uuid(text);
        ids.push(id.ok_or_else(|| Error::BadRequest(format!("{field}: must be ids of messages")))?);
    }
    Ok(ids)
}

fn answer(unread: &Unread, ids: Option<Vec<Uuid>>) -> HttpResponse {
    let mut read = json!({
        "unread": unread.count,
        "more": unread.is_more,
        "until": unread.until.map(time::format),
    });
    if let Some(ids) = ids {
        read["unread_messages"] = ids.iter().map(Uuid::to_string).collect();
    }
    let mut response = HttpResponse::Ok()
        .content_type("application/json")
        .body(json!({ "read": read }).to_string());
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}
