//! Reads bodies, bounded in size and time.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::app::App;
use super::error::Error;
use super::service::Service;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`Error::TooLarge`]; [`Error::Timeout`] for a slow body; [`Error::BadRequest`] for an incomplete one.
pub async fn read(payload: Payload, app: &App, limit: usize) -> Result<BytesMut, Error> {
    read_on(Bytes::new(), payload, app, limit).await
}

/// Reads the rest of a body that begins with `first`, at most `limit` bytes in all.
///
/// # Errors
/// The same as [`read`].
pub async fn read_on(first: Bytes, payload: Payload, app: &App, limit: usize) -> Result<BytesMut, Error> {
    if first.len() > limit {
        return Err(Error::TooLarge(limit));
    }
    let reading = collect(BytesMut::from(&first[..]), payload, limit);
    tokio::time::timeout(app.config.api.body_timeout, reading)
        .await
        .unwrap_or(Err(Error::Timeout))
}

/// Reads the first bytes of a body; none if it is empty.
///
/// # Errors
/// [`Error::Timeout`] for a slow body; [`Error::BadRequest`] for an incomplete one.
pub async fn begin(payload: &mut Payload, app: &App) -> Result<Option<Bytes>, Error> {
    let first = async {
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| incomplete())?;
            if !chunk.is_empty() {
                return Ok(Some(chunk));
            }
        }
        Ok(None)
    };
    tokio::time::timeout(app.config.api.body_timeout, first)
        .await
        .unwrap_or(Err(Error::Timeout))
}

fn incomplete() -> Error {
    Error::BadRequest("The request body is incomplete, or its chunks are malformed.".to_owned())
}

async fn collect(mut body: BytesMut, mut payload: Payload, limit: usize) -> Result<BytesMut, Error> {
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| incomplete())?;
        if body.len() + chunk.len() > limit {
            return Err(Error::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Whether a Content-Type means JSON to the service.
pub fn is_json(value: &HeaderValue, service: &Service) -> bool {
    let Ok(value) = value.to_str() else { return false };
    (service.takes)(service, value.split(';').next().unwrap_or_default().trim())
}

/// Refuses a request that does not announce JSON.
///
/// # Errors
/// [`Error::UnsupportedMediaType`].
pub fn require_json(headers: &HeaderMap, service: &Service) -> Result<(), Error> {
    match headers.get(header::CONTENT_TYPE) {
        Some(value) if is_json(value, service) => Ok(()),
        _ => Err(Error::UnsupportedMediaType),
    }
}

/// Refuses a body that is not JSON.
///
/// # Errors
/// Block storage's 400.
pub fn parse_any(body: &[u8]) -> Result<(), Error> {
    serde_json::from_slice::<IgnoredAny>(body)
        .map(drop)
        .map_err(|_| Error::BadRequest("Malformed request body".to_owned()))
}

/// Parses JSON. Only a failure is parsed again with the path, which takes longer.
///
/// # Errors
/// A 400 that names the invalid field.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize::<_, T>(&mut deserializer);
    let Err(error) = parsed else {
        return Err(Error::BadRequest(
            "Malformed request body: there is something after the JSON".to_owned(),
        ));
    };
    let path = error.path().to_string();
    let cause = error.into_inner();
    if cause.is_data() && path != "." {
        return Err(Error::BadRequest(format!("{path}: {cause}")));
    }
    Err(Error::BadRequest(format!("Malformed request body: {cause}")))
}
