//! Answers as JSON.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::service::INSTANCE_HA;
use crate::api::error::Error;

/// An answer with a body. A client that accepts the service's own media type gets it back.
pub fn answer(
    request: &HttpRequest,
    status: StatusCode,
    body: &impl Serialize,
) -> Result<HttpResponse, Error> {
    let body = serde_json::to_vec(body).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(answer_written(request, status, body))
}

/// An answer with a body that is JSON already.
pub fn answer_written(request: &HttpRequest, status: StatusCode, body: Vec<u8>) -> HttpResponse {
    let accept = request.headers().get(header::ACCEPT);
    let own = INSTANCE_HA.own_type();
    let is_own = accept.is_some_and(|accept| accept.as_bytes() == own.as_bytes());
    HttpResponse::build(status)
        .content_type(if is_own { own } else { "application/json" })
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .body(body)
}
