//! `POST /v3/{project_id}/listeners`.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{access, body, confirmations, refusal, view};
use crate::api::call::Call;
use crate::api::error::Error;

/// Creates a listener. If one of the same name has the same settings, it is the answer, so that creation may be repeated.
pub async fn create(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let mut members = body::listener(&request, payload, &call).await?;
    let reach = access::reach(&call, &mut members)?;
    access::may_subscribe(&call, &members)?;
    let created = call.app.registrar.create(reach, &members).await;
    let (listener, is_new) = created.map_err(|error| refusal::of_listener(error, ""))?;
    let body = json!({ "listener": confirmations::with(&call, &listener).await? });
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut answer = view::answer(status, &body);
    if is_new && let Ok(location) = HeaderValue::from_str(&view::address(&call, listener.id)) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    Ok(answer)
}
