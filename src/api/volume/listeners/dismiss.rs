//! `POST /v3/{project_id}/listeners/{id}/deliveries/{event_id}/dismiss`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{access, body, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::volume::service::VOLUME;
use crate::store::delivery;

/// The longest reason, in characters.
const LONGEST: usize = 255;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    reason: Option<String>,
}

/// Dismisses a dead letter: it is not tried again unless someone redelivers it.
pub async fn dismiss(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, VOLUME.oldest)?;
    call.in_own_project()?;
    call.allow()?;
    let body: Body = body::optional(&request, payload, &call).await?;
    let reason = body.reason.unwrap_or_default();
    let is_line = !reason.chars().any(char::is_control);
    if reason.trim().is_empty() || reason.chars().count() > LONGEST || !is_line {
        return Err(Error::BadRequest(format!(
            "reason: must be a line of 1 to {LONGEST} characters"
        )));
    }
    let listener = access::find(&request, &call).await?.id;
    let event = access::event_in(&request)?;
    let store = &call.app.store;
    let dismissed = store.write(move |tx| delivery::dismiss(tx, listener, event, &reason));
    let record = dismissed
        .await
        .map_err(|error| refusal::of_delivery(error, event))?;
    let delivery = view::delivery(&record, None, call.app.clock.now());
    Ok(view::answer(StatusCode::OK, &json!({ "delivery": delivery })))
}
