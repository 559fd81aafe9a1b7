//! `POST /v3/{project_id}/listeners/{id}/deliveries/{event_id}/dismiss`.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::{access, body, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::listener::check_reason;
use crate::store::delivery;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    reason: Option<String>,
}

/// Dismisses a dead letter: it is not tried again unless someone redelivers it.
pub async fn dismiss(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let body: Body = body::optional(&request, payload, &call).await?;
    let reason = body.reason.unwrap_or_default();
    check_reason(&reason).map_err(Error::BadRequest)?;
    let listener = access::find_stored(&request, &call).await?.id;
    let event = access::event_in(&request)?;
    let store = &call.app.store;
    let dismissed = store.write(move |tx| delivery::dismiss(tx, listener, event, &reason));
    let record = dismissed
        .await
        .map_err(|error| refusal::of_delivery(error, event))?;
    let delivery = view::delivery(&record, None, call.app.clock.now());
    Ok(view::answer(StatusCode::OK, &json!({ "delivery": delivery })))
}
