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
use crate::api::instance_ha::service::{DETAILS, INSTANCE_HA};
use crate::store::failure;

/// Shows a notification. The steps of its recovery come from the database: no engine is asked.
pub async fn show(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (call, _) = Call::begin_without_body(&request, &mut payload.into_inner(), INSTANCE_HA.oldest).await?;
    call.in_own_project()?;
    call.allow()?;
    let id = Identifier::notification(&request)?;
    let (uuid, has_steps) = (id.uuid()?, call.version >= DETAILS);
    let found = call.app.store.read(move |read| {
        let notification = failure::notification(read, uuid)?;
        let steps = has_steps.then(|| failure::steps(read, uuid)).transpose()?;
        Ok((notification, steps))
    });
    let (notification, steps) = found.await.map_err(|error| id.refusal(error))?;
    let view = View::of(&notification);
    let view = match steps {
        Some(steps) => view.with_steps(steps),
        None => view,
    };
    answer(&request, StatusCode::OK, &json!({ "notification": view }))
}
