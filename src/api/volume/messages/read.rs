//! `GET` and `PUT /v3/{project_id}/messages/-/read`, and `PUT .../-/done`: the states of the project's messages for the caller.
//!
//! Callers who may list may also show and change their read state. Forms send a POST (`browser/page/mark.rs`).

use std::collections::BTreeMap;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::change_states::Changer;
use super::parameters::{Parameters, Viewer};
use super::{reader, states};
use crate::api::body;
use crate::api::browser::page::csrf;
use crate::api::call::{self, Call};
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::message::{Change, Condition, Scope, State, time};
use crate::store::Read;
use crate::store::read_state::{self, ProjectUser, Seen, Undo, Unread};

/// Most messages of one request.
const MOST: usize = 1000;

/// Unread messages are counted up to this number.
const MOST_COUNTED: u32 = 1000;

/// What a PUT does, under the name of a change.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    messages: Option<Vec<String>>,
    until: Option<String>,
    all: Option<bool>,
    undo: Option<String>,
}

/// The messages whose state to change.
enum Which {
    Ids(Vec<Uuid>),
    /// All existing messages up to a time, as far as the filters show them.
    Seen(Seen),
    /// Those of an earlier request.
    Undo(Undo),
}

/// Answers how many messages are unread, and which of the named ones.
pub async fn show(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    let reader = reader::of(&call.caller)?;
    let asked = asked(request.query_string())?;
    let read = call.app.store.read(move |conn| {
        let unread = read_state::unread(conn, &reader, MOST_COUNTED)?;
        let Some(asked) = asked.clone() else {
            return Ok((unread, None));
        };
        let known = read_state::positions(conn, &reader, &asked)?;
        let states = read_state::states_among(conn, &reader, &known)?;
        Ok((unread, Some((asked, states))))
    });
    let (unread, states) = read.await?;
    let mut body = body_of(&unread);
    if let Some((asked, states)) = states {
        // In the order of the query string.
        let those = |state: Option<State>| -> Value {
            let ids = asked.iter().filter(|id| states.get(id).copied() == state);
            ids.map(Uuid::to_string).collect()
        };
        body["unread_messages"] = those(Some(State::Unread));
        body["done_messages"] = those(Some(State::Done));
        body["missing_messages"] = those(None);
    }
    Ok(respond("read", &body))
}

/// Marks messages as read or unread.
pub async fn change(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    put(&request, payload, [Change::Read, Change::Unread]).await
}

/// Takes messages out of the inbox, or returns them to it.
pub async fn change_done(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    put(&request, payload, [Change::Done, Change::Undone]).await
}

async fn put(request: &HttpRequest, payload: Payload, changes: [Change; 2]) -> Result<HttpResponse, Error> {
    let call = Call::begin(request, call::default_for_messages(request)?)?;
    body::require_json(request.headers(), call.service)?;
    let limit = call.app.config.api.max_request_body_size;
    let body = body::read(payload.into_inner(), &call.app, limit).await?;
    body::parse_any(&body)?;
    call.in_own_project()?;
    call.since(call.service.messages)?;
    call.allow()?;
    csrf::check_script(request)?;
    let (change, which) = parse(&body, changes)?;
    let reader = reader::of(&call.caller)?;
    let shown = shown(request, &call, &reader)?;
    let writer = Changer::new(&call.app, reader.clone());
    if let (Which::Ids(_) | Which::Undo(_), false) = (&which, request.query_string().is_empty()) {
        return Err(Error::BadRequest(format!(
            "{}: filters need until or all",
            change.name()
        )));
    }
    let outcome = match which {
        Which::Ids(ids) => writer.ids(change, &ids).await?,
        Which::Undo(undo) => writer.undo(undo).await?,
        Which::Seen(seen) if change == Change::Read && states::are_all_unread(&shown) => {
            writer.all_read(seen, &[], MOST_COUNTED).await?
        }
        Which::Seen(seen) => writer.list(change, &shown, seen, &[]).await?,
    };
    let unread = if let Some(unread) = outcome.unread {
        unread
    } else {
        let count = move |conn: &mut Read<'_>| read_state::unread(conn, &reader, MOST_COUNTED);
        call.app.store.read(count).await?
    };
    let mut answer = body_of(&unread);
    answer["changed"] = outcome.count.into();
    answer["changed_more"] = outcome.is_least.into();
    answer["incomplete"] = outcome.is_more.into();
    answer["undo"] = outcome.undo.map(|undo| undo.to_string()).into();
    Ok(respond(changes[0].name(), &answer))
}

/// Parses the filters of the query string. A change takes the same filters as the list of messages.
fn shown(request: &HttpRequest, call: &Call, reader: &ProjectUser) -> Result<Vec<Condition>, Error> {
    let viewer = Viewer {
        scope: Scope::Project(reader.project.clone()),
        user: reader.user.clone(),
        is_admin: call.is_admin(),
        language: call.language,
        version: call.version,
        max_limit: call.app.config.api.max_limit,
    };
    let parameters = Parameters::parse(request.query_string(), &viewer)?;
    if let Some(name) = parameters.of_pages() {
        return Err(Error::BadRequest(format!(
            "{name}: a change concerns all messages that the filters select, whatever their order"
        )));
    }
    // A filter by an unknown column selects nothing.
    let nothing = || vec![Condition::Any(Vec::new())];
    Ok(parameters.query.map_or_else(nothing, |query| query.conditions))
}

fn parse(body: &[u8], changes: [Change; 2]) -> Result<(Change, Which), Error> {
    let [one, other] = changes.map(Change::name);
    let form = || {
        Error::BadRequest(format!(
            "The body must be {{\"{one}\": {{\"messages\": [id, ..]}}}}, {{\"{one}\": {{\"until\": time}}}}, {{\"{one}\": {{\"all\": true}}}} \
             or {{\"{one}\": {{\"undo\": text}}}}, with {one} or {other}."
        ))
    };
    let parsed: BTreeMap<String, Fields> = serde_json::from_slice(body).map_err(|_| form())?;
    let mut members = parsed.into_iter();
    let (Some((name, fields)), None) = (members.next(), members.next()) else {
        return Err(form());
    };
    let change = changes.into_iter().find(|change| change.name() == name);
    let which = match (fields.messages, fields.until, fields.all, fields.undo) {
        (Some(messages), None, None, None) => {
            Which::Ids(ids("messages", messages.iter().map(String::as_str))?)
        }
        (None, Some(until), None, None) => Which::Seen(Seen::until(reader::until(&until)?)),
        (None, None, Some(true), None) => Which::Seen(Seen::ALL),
        (None, None, None, Some(undo)) => Which::Undo(
            Undo::parse(&undo)
                .ok_or_else(|| Error::BadRequest("undo: must come from an answer".to_owned()))?,
        ),
        _ => {
            return Err(Error::BadRequest(format!(
                "{name}: must have exactly one of messages, until, all (true) and undo"
            )));
        }
    };
    Ok((change.ok_or_else(form)?, which))
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

fn body_of(unread: &Unread) -> Value {
    json!({
        "unread": unread.count,
        "more": unread.is_more,
        "until": unread.until.map(time::format),
    })
}

fn respond(name: &str, body: &Value) -> HttpResponse {
    let mut response = HttpResponse::Ok()
        .content_type("application/json")
        .body(json!({ name: body }).to_string());
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}
