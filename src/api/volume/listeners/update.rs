//! `PUT /v3/{project_id}/listeners/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{access, body, confirmations, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;

/// Changes the fields that are given, and keeps the others; a null restores a default.
pub async fn update(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let mut changes = body::listener(&request, payload, &call).await?;
    let before = access::find_stored(&request, &call).await?;
    let is_kept = |scope: Value| scope.is_null() || scope == before.reach.name();
    if !changes.remove("scope").is_none_or(is_kept) {
        return Err(Error::bad_request("listener.scope: cannot be changed"));
    }
    access::may_subscribe(&call, &changes)?;
    let updated = call.app.registrar.update(before.id, &changes).await;
    let listener = updated.map_err(|error| refusal::of_listener(error, &before.id.to_string()))?;
    let body = json!({ "listener": confirmations::with(&call, &listener).await? });
    Ok(view::answer(StatusCode::OK, &body))
}
