//! `GET /v2/{project_id}/messages/{id}`.

use actix_web::{HttpRequest, HttpResponse};

use super::find::{find, refusal};
use super::view::{OBJECT_SIZE, View};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::message_id::id_in;

/// Answers one message.
pub async fn show(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    let (id, text) = id_in(&request)?;
    let id = id.ok_or_else(|| Error::no_message(&text))?;
    let (scope, view) = (call.scope()?, View::new(&call));
    let writer = view.clone();
    let read = call.app.store.read(move |conn| {
        let row = find(conn, &scope, id)?;
        let mut body = Vec::with_capacity(OBJECT_SIZE);
        body.extend_from_slice(b"{\"message\":");
        writer.row(&mut body, &row);
        body.push(b'}');
        Ok(body)
    });
    Ok(view.answer(read.await.map_err(|error| refusal(error, &text))?))
}
