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
use crate::failure::NotificationType;
use crate::store::failure::{self, VMOVE_COLUMNS, VMoveFilter};

/// Lists the moves of a notification.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let parameters = Parameters::parse(request.query_string());
    let page = parameters.page(VMOVE_COLUMNS, call.app.config.api.max_limit)?;
    let notification = of_host(&call, &request).await?;
    let filter = VMoveFilter {
        kind: parameters.text("type"),
        status: parameters.text("status"),
    };
    let vmoves = parameters.search(&call, page, move |read, page| {
        failure::vmoves(read, notification, &filter, page)
    });
    let vmoves = vmoves.await?;
    let views: Vec<View<'_>> = vmoves.iter().map(View::of).collect();
    answer(&request, StatusCode::OK, &json!({ "vmoves": views }))
}

/// Shows a move.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let notification = of_host(&call, &request).await?;
    let id = Identifier::vmove(&request)?;
    let vmove = id.read(&call, move |conn, uuid| failure::vmove(conn, notification, uuid));
    answer(
        &request,
        StatusCode::OK,
        &json!({ "vmove": View::of(&vmove.await?) }),
    )
}

/// Returns the notification in the path. Only those of hosts have moves: others are a 400.
async fn of_host(call: &Call, request: &HttpRequest) -> Result<Uuid, Error> {
    let id = Identifier::notification(request)?;
    let notification = id.read(call, failure::notification).await?;
    if notification.kind == NotificationType::ComputeHost {
        return Ok(notification.uuid);
    }
    Err(Error::BadRequest(format!(
        "This notification {} without vm moves.",
        notification.uuid
    )))
}
