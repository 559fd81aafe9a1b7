//! The bodies of requests.

use actix_web::web::Payload;
use serde_json::Value;

use crate::api::body;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::failure::Fault;

/// Reads a body, whose members are checked elsewhere. An empty one is a null, as in Python.
///
/// # Errors
/// 400, 408 or 413.
pub async fn read(payload: Payload, call: &Call) -> Result<Value, Error> {
    let limit = call.app.config.api.max_request_body_size;
    let body = body::read(payload.into_inner(), &call.app, limit).await?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|_| Error::bad_request("Malformed request body"))
}

/// The 400 for a body with a fault.
pub fn refusal(fault: &Fault) -> Error {
    Error::BadRequest(format!("Invalid input: {fault}."))
}
