//! `GET /v3/{project_id}/listeners/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{access, confirmations, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::volume::service::VOLUME;

/// Shows a listener, also one whose secrets cannot be opened.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), VOLUME.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let stored = access::find_stored(&request, &call).await?;
    let shown = match call.app.registrar.open(&stored) {
        Ok(listener) => confirmations::with(&call, &listener).await?,
        Err(_) => view::stored(&call, &stored),
    };
    let body = json!({ "listener": shown });
    Ok(view::answer(StatusCode::OK, &body))
}
