//! `GET /v3/{project_id}/listeners/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{access, confirmations, view};
use crate::api::call::Call;
use crate::api::error::Error;

/// Shows a listener, also one whose secrets cannot be opened.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let stored = access::find_stored(&request, &call).await?;
    let shown = match call.app.registrar.open(&stored) {
        Ok(listener) => confirmations::with(&call, &listener).await?,
        Err(_) => view::stored(&call, &stored),
    };
    let body = json!({ "listener": shown });
    Ok(view::answer(StatusCode::OK, &body))
}
