//! `DELETE /v3/{project_id}/messages/{id}`.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::message_id::id_in;
use crate::store;

/// Deletes one message. A missing message is a 404 even where the caller may not delete.
pub async fn delete(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    let (id, text) = id_in(&request)?;
    call.has_messages()?;
    let id = id.ok_or_else(|| Error::no_message(&text))?;
    let missing = |error| match error {
        store::Error::NotFound => Error::no_message(&text),
        error => error.into(),
    };
    let scope = call.scope()?;
    if let Err(denied) = call.allow() {
        call.app
            .store
            .read(move |conn| store::message::show(conn, &scope, id).map(drop))
            .await
            .map_err(missing)?;
        return Err(denied);
    }
    let (app, reporter) = (&call.app, call.app.reporter.clone());
    let (now, request_id) = (app.clock.now(), call.request_id);
    let project = app
        .store
        .write(move |tx| store::message::delete(tx, &scope, id, &reporter, Some(request_id.as_str()), now))
        .await
        .map_err(missing)?;
    call.app.metrics.rows.deleted.inc();
    // An admin may delete another project's messages.
    app.hub.changed(&project, None);
    let mut response = HttpResponse::NoContent().finish();
    // Block storage sends this with its empty body.
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=UTF-8"),
    );
    Ok(response)
}
