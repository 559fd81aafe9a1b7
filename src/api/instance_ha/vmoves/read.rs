//! `GET /v1/notifications/{id}/vmoves` and `GET /v1/notifications/{id}/vmoves/{vmove_id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use uuid::Uuid;

use super::view::View;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::identifier::Identifier;
use crate::api::instance_ha::parameters::Parameters;
use crate::api::instance_ha::service::INSTANCE_HA;
use crate::failure::NotificationType;
use crate::message::Scope;
use crate::store::failure::{self, VMOVE_COLUMNS, VMoveFilter};

/// Lists the moves of a notification.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let parameters = Parameters::parse(request.query_string());
    let page = parameters.page(VMOVE_COLUMNS, call.app.config.api.max_limit)?;
    let notification = of_host(&call, &request).await?;
    let filter = VMoveFilter {
        kind: parameters.text("type"),
        status: parameters.text("status"),
    };
    let found = match page {
        None => Vec::new(),
        Some(page) => {
            let read = call.app.store.search(&Scope::All, move |read| {
                failure::vmoves(read, notification, &filter, &page)
            });
            read.await.map_err(|error| parameters.refusal(error))?
        }
    };
    let views: Vec<View<'_>> = found.iter().map(View::of).collect();
    answer(&request, StatusCode::OK, &json!({ "vmoves": views }))
}

/// Shows a move.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let notification = of_host(&call, &request).await?;
    let id = Identifier::vmove(&request)?;
    let uuid = id.uuid()?;
    let found = call
        .app
        .store
        .read(move |read| failure::vmove(read, notification, uuid))
        .await;
    let vmove = found.map_err(|error| id.refusal(error))?;
    answer(&request, StatusCode::OK, &json!({ "vmove": View::of(&vmove) }))
}

/// The notification that the path names. Only those of hosts have moves: others are a 400.
async fn of_host(call: &Call, request: &HttpRequest) -> Result<Uuid, Error> {
    let id = Identifier::notification(request)?;
    let uuid = id.uuid()?;
    let found = call
        .app
        .store
        .read(move |read| failure::notification(read, uuid))
        .await;
    let notification = found.map_err(|error| id.refusal(error))?;
    if notification.kind == NotificationType::ComputeHost {
        return Ok(uuid);
    }
    Err(Error::BadRequest(format!(
        "This notification {uuid} without vm moves."
    )))
}
