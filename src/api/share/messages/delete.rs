//! `DELETE /v2/{project_id}/messages/{id}`.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::find::{find, refusal};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::message_id::id_in;
use crate::store;

/// Deletes one message. Whether the caller may is checked before the message is looked up, as in Manila.
pub async fn delete(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    let (id, text) = id_in(&request)?;
    let id = id.ok_or_else(|| Error::no_message(&text))?;
    let (scope, reporter) = (call.scope()?, call.app.reporter.clone());
    let (now, request_id) = (call.app.clock.now(), call.request_id);
    let deleted = call.app.store.write(move |tx| {
        find(tx.conn(), &scope, id)?;
        store::message::delete(tx, &scope, id, &reporter, Some(request_id.as_str()), now)
    });
    let project = deleted.await.map_err(|error| refusal(error, &text))?;
    call.app.metrics.rows.deleted.inc();
    call.app.hub.changed(&project, None);
    // Manila sends this with its empty body.
    let mut response = HttpResponse::NoContent();
    Ok(response
        .insert_header((header::CONTENT_TYPE, "text/html; charset=UTF-8"))
        .finish())
}
