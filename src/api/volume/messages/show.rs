//! `GET /v3/{project_id}/messages/{id}`.

use std::hash::Hasher;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use super::known_states::KnownStates;
use super::view::{self, View};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::etag::{self, is_known};
use crate::api::message_id::id_in;
use crate::message::State;
use crate::store;

/// Answers one message. A missing message is a 404 even where the caller may not see it.
pub async fn show(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    let (id, text) = id_in(&request)?;
    call.has_messages()?;
    let id = id.ok_or_else(|| Error::no_message(&text))?;
    let view = View::new(&call);
    let (scope, writer) = (call.scope()?, view.clone());
    let read = call.app.store.read(move |conn| {
        let row = store::message::show(conn, &scope, id)?;
        let mut body = b"{\"message\":".to_vec();
        let position = (row.project_id(), row.position());
        let states = KnownStates::of(conn, writer.reader(), std::iter::once(position))?;
        let state = states.get(row.project_id(), row.id);
        writer.row(&mut body, &row, state);
        body.push(b'}');
        Ok((body, state, row))
    });
    let (body, state, row) = read.await.map_err(|error| match error {
        store::Error::NotFound => Error::no_message(&text),
        error => error.into(),
    })?;
    call.allow()?;
    let mut hasher = view.hasher();
    row.identify(&mut hasher);
    hasher.write_i16(state.map_or(-1, State::number));
    let etag = etag::of_hash(hasher.finish());
    if is_known(&request, &etag) {
        return Ok(view::not_modified(&etag));
    }
    let mut response = view::answer(StatusCode::OK, &view, body);
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    Ok(response)
}
