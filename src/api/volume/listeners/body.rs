//! The bodies of requests about listeners.

use std::ops::RangeInclusive;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::body;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::listener;
use crate::message::Object;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    listener: Map<String, Value>,
}

/// A whole number within bounds, in `unit`; as in JSON Schema, `1.0` is one.
///
/// # Errors
/// A 400 that names the member and the bounds.
pub fn whole_within(
    name: &str,
    value: Option<&Value>,
    default: usize,
    allowed: RangeInclusive<usize>,
    unit: &str,
) -> Result<usize, Error> {
    let Some(value) = value else { return Ok(default) };
    let number = listener::whole(value).and_then(|number| usize::try_from(number).ok());
    number.filter(|number| allowed.contains(number)).ok_or_else(|| {
        let (least, most) = allowed.into_inner();
        Error::BadRequest(format!("{name}: must be {least} to {most}{unit}"))
    })
}

/// Reads the fields of a listener.
///
/// # Errors
/// Those of [`optional`].
pub async fn listener(
    request: &HttpRequest,
    payload: Payload,
    call: &Call,
) -> Result<Map<String, Value>, Error> {
    body::require_json(request.headers(), call.service)?;
    let limit = call.app.config.api.max_request_body_size;
    let body = body::read(payload.into_inner(), &call.app, limit).await?;
    let Object(body) = body::json::<Object<Body>>(&body)?;
    Ok(body.listener)
}

/// Reads an object, all of whose members have defaults, so that the body may be missing.
///
/// # Errors
/// 400, 408, 413 or 415.
pub async fn optional<T: DeserializeOwned + Default>(
    request: &HttpRequest,
    payload: Payload,
    call: &Call,
) -> Result<T, Error> {
    let limit = call.app.config.api.max_request_body_size;
    let body = body::read(payload.into_inner(), &call.app, limit).await?;
    if body.is_empty() {
        return Ok(T::default());
    }
    body::require_json(request.headers(), call.service)?;
    let Object(body) = body::json::<Object<T>>(&body)?;
    Ok(body)
}
