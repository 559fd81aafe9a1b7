//! `DELETE /v3/{project_id}/listeners/{id}`.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};

use super::{access, refusal};
use crate::api::call::Call;
use crate::api::error::Error;

/// Deletes a listener with its deliveries.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let listener = access::find_stored(&request, &call).await?;
    let deleted = call.app.registrar.delete(listener.id).await;
    deleted.map_err(|error| refusal::of_listener(error, &listener.id.to_string()))?;
    Ok(HttpResponse::NoContent().finish())
}
