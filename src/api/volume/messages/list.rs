//! `GET /v3/{project_id}/messages`.

use std::hash::Hasher;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::known_states::KnownStates;
use super::parameters::{Parameters, Viewer};
use super::stream::feed;
use super::view::{self, View};
use crate::api::accept::AnswerForm;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::etag::{self, is_known};
use crate::api::target::Target;
use crate::api::{connection, json};
use crate::catalog::canonical_uuid;
use crate::message::{Query, Scope, State};
use crate::store::message::MessageRow;
use crate::store::{self, Store};

/// A page as it leaves the store's thread.
struct JsonPage {
    body: Vec<u8>,
    hash: u64,
    rows: i64,
    last: Option<Uuid>,
}

/// Answers a page of messages, or the event stream.
pub async fn list(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    if Target::of(&request).form == AnswerForm::EventStream {
        return feed::open(&request, &call).await;
    }
    let parameters = Parameters::parse(request.query_string(), &viewer(&call)?)?;
    let view = View::new(&call);
    let Some(query) = &parameters.query else {
        return Ok(respond(&request, &call, &view, &parameters, empty(&view)));
    };
    if let Some(marker) = &parameters.marker {
        // A text that is not an id names no message.
        if canonical_uuid(marker).is_none() {
            return Err(Error::no_message(marker));
        }
    }
    if !parameters.has_valid_order {
        require_marker(&call.app.store, query, parameters.marker.as_deref()).await?;
        return Err(Error::BadRequest(
            "Invalid input received: Invalid sort key".to_owned(),
        ));
    }
    if !query.is_direct() {
        connection::end_with_client(&request);
    }
    let page = read(&call.app.store, query.clone(), view.clone()).await;
    let page = page.map_err(|error| missing_marker(error, parameters.marker.as_deref()))?;
    Ok(respond(&request, &call, &view, &parameters, page))
}

fn viewer(call: &Call) -> Result<Viewer, Error> {
    Ok(Viewer {
        scope: call.scope()?,
        user: call.caller.user.clone(),
        is_admin: call.is_admin(),
        language: call.language,
        version: call.version,
        max_limit: call.app.config.api.max_limit,
    })
}

/// Reads the rows and writes them as JSON on the store's thread, so that no row outlives its step.
async fn read(store: &Store, query: Query, view: View) -> Result<JsonPage, store::Error> {
    let asked = query.clone();
    store
        .list(&asked, move |conn| {
            let mut page = empty(&view);
            page.body
                .reserve(view::OBJECT_SIZE * usize::try_from(query.limit.min(100)).unwrap_or(0));
            let mut hasher = view.hasher();
            let mut write = |row: &MessageRow, state: Option<State>| {
                if page.rows > 0 {
                    page.body.push(b',');
                }
                view.row(&mut page.body, row, state);
                row.identify(&mut hasher);
                hasher.write_i16(state.map_or(-1, State::number));
                page.rows += 1;
                page.last = Some(row.id);
            };
            if view.is_full() {
                // Look up the states of all messages at once.
                let mut rows = Vec::new();
                store::message::list(conn, &query, &mut |row| rows.push(row.clone()))?;
                let positions = rows.iter().map(|row| (row.project_id(), row.position()));
                let states = KnownStates::of(conn, view.reader(), positions)?;
                for row in &rows {
                    write(row, states.get(row.project_id(), row.id));
                }
            } else {
                store::message::list(conn, &query, &mut |row| write(row, None))?;
            }
            page.hash = hasher.finish();
            Ok(page)
        })
        .await
}

fn empty(view: &View) -> JsonPage {
    JsonPage {
        body: b"{\"messages\":[".to_vec(),
        hash: view.hasher().finish(),
        rows: 0,
        last: None,
    }
}

fn respond(
    request: &HttpRequest,
    call: &Call,
    view: &View,
    parameters: &Parameters,
    page: JsonPage,
) -> HttpResponse {
    let mut hasher = view.hasher();
    hasher.write(request.query_string().as_bytes());
    hasher.write_u64(page.hash);
    let etag = etag::of_hash(hasher.finish());
    if is_known(request, &etag) {
        return view::not_modified(&etag);
    }
    let mut body = page.body;
    body.push(b']');
    if let Some(last) = page.last.filter(|_| page.rows >= parameters.limit) {
        let next = format!(
            "{}?{}",
            call.address("messages"),
            parameters.next(&last.to_string())
        );
        body.extend_from_slice(b",\"messages_links\":[{\"rel\":\"next\",\"href\":");
        json::string(&mut body, &next);
        body.extend_from_slice(b"}]");
    }
    body.push(b'}');
    let mut response = view::answer(StatusCode::OK, view, body);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

async fn require_marker(store: &Store, query: &Query, marker: Option<&str>) -> Result<(), Error> {
    let Some(id) = query.marker else { return Ok(()) };
    let scope: Scope = query.scope.clone();
    let found = store
        .read(move |conn| store::message::show(conn, &scope, id).map(drop))
        .await;
    found.map_err(|error| missing_marker(error, marker))
}

fn missing_marker(error: store::Error, marker: Option<&str>) -> Error {
    match (error, marker) {
        (store::Error::NotFound, Some(marker)) => Error::no_message(marker),
        (error, _) => error.into(),
    }
}
