//! Reading bodies: bounded in size and time.

use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::api::app::App;
use crate::api::error::Error;

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// [`Error::TooLarge`]; [`Error::Timeout`] when it comes too slowly; [`Error::BadRequest`] when it breaks off.
pub async fn read(payload: Payload, app: &App, limit: usize) -> Result<BytesMut, Error> {
    read_on(Bytes::new(), payload, app, limit).await
}

/// Reads what is left of a body that begins with `first`, to at most `limit` bytes in all.
///
/// # Errors
/// Those of [`read`].
pub async fn read_on(first: Bytes, payload: Payload, app: &App, limit: usize) -> Result<BytesMut, Error> {
    if first.len() > limit {
        return Err(Error::TooLarge(limit));
    }
    let reading = collect(BytesMut::from(&first[..]), payload, limit);
    tokio::time::timeout(app.config.api.body_timeout, reading)
        .await
        .unwrap_or(Err(Error::Timeout))
}

/// Reads the body's first bytes; none where the body is empty.
///
/// # Errors
/// [`Error::Timeout`] when they come too slowly; [`Error::BadRequest`] when the body breaks off before.
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
    Error::BadRequest("The request body is incomplete.".to_owned())
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

/// Whether a Content-Type says JSON.
pub fn is_json(value: &HeaderValue) -> bool {
    let Ok(value) = value.to_str() else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || essence.eq_ignore_ascii_case("application/vnd.openstack.volume+json")
}

/// Refuses what is not JSON at all.
///
/// # Errors
/// The 400 of block storage.
pub fn parse_any(body: &[u8]) -> Result<(), Error> {
    serde_json::from_slice::<IgnoredAny>(body)
        .map(drop)
        .map_err(|_| Error::BadRequest("Malformed request body".to_owned()))
}

/// Parses JSON; only where that fails is it parsed again with a note of the path, which takes longer.
///
/// # Errors
/// A 400 that names the field at fault.
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
