//! `Idempotency-Key`: makes requests safe to repeat.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use crate::api::call::Call;
use crate::api::error::Error;
use crate::store::idempotency::{FirstRequest, IdempotencyKey};
use crate::telemetry::RequestId;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const GLOBAL_REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// Longest key, in bytes.
const LONGEST: usize = 255;

/// The key of a request, if it has one.
///
/// # Errors
/// A 400 for a key that is too long, not printable or repeated.
pub fn key(headers: &HeaderMap) -> Result<Option<Vec<u8>>, Error> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY);
    let Some(key) = keys.next() else { return Ok(None) };
    let key = key.as_bytes();
    let is_printable = key.iter().all(|byte| (0x21..=0x7e).contains(byte));
    if keys.next().is_some() || key.is_empty() || key.len() > LONGEST || !is_printable {
        return Err(Error::BadRequest(
            "Idempotency-Key: must be given once, with 1 to 255 printable ASCII characters".to_owned(),
        ));
    }
    Ok(Some(key.to_vec()))
}

/// The key as the store keeps it, for what the request is about to create.
pub fn claim(call: &Call, route: &[u8], key: &[u8], body: &[u8], made: &FirstRequest) -> IdempotencyKey {
    IdempotencyKey {
        scope: scope(call, route, key),
        request: Sha256::digest(body).into(),
        request_id: made.request_id.clone(),
        expires_at: made.created_at + micros(call.app.config.messages.idempotency_ttl),
    }
}

/// The 422 for a key that was used with another body.
pub fn mismatch() -> Error {
    Error::Unprocessable("Idempotency-Key: was used before with another request body".to_owned())
}

/// The default request id of what a call creates: the global one that the service passes on, else the call's.
pub fn request_id(request: &HttpRequest, call: &Call) -> String {
    let global = request
        .headers()
        .get(GLOBAL_REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    global
        .and_then(RequestId::parse_global)
        .unwrap_or(call.request_id)
        .as_str()
        .to_owned()
}

/// The scope of a key: user, projects and route. Hashing the lengths keeps the parts apart.
fn scope(call: &Call, route: &[u8], key: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let own = call.caller.project.as_deref().unwrap_or_default();
    let named = call.project.as_deref().unwrap_or_default();
    for part in [
        call.caller.user.as_bytes(),
        own.as_bytes(),
        route,
        named.as_bytes(),
        key,
    ] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 2)
}
