//! `GET /v1/notifications/{id}`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::view::View;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::instance_ha::answer::answer;
use crate::api::instance_ha::identifier::Identifier;
use crate::api::instance_ha::service::DETAILS;
use crate::store::failure;

/// Shows a notification. The steps of its recovery come from the database: no engine is asked.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let id = Identifier::notification(&request)?;
    let has_steps = call.version >= DETAILS;
    let found = id.read(&call, move |conn, uuid| {
        let notification = failure::notification(conn, uuid)?;
        let steps = has_steps.then(|| failure::steps(conn, uuid)).transpose()?;
        Ok((notification, steps))
    });
    let (notification, steps) = found.await?;
    let view = View::of(&notification);
    let view = match steps {
        Some(steps) => view.with_steps(steps),
        None => view,
    };
    answer(&request, StatusCode::OK, &json!({ "notification": view }))
}
