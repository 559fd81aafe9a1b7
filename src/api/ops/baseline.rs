//! `/v3/{project_id}/floor/{bytes}`, the baseline of the benchmarks: a fixed body through the layers and checks of a list
//! or a POST.

use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use once_cell::sync::Lazy;

use crate::api::body;
use crate::api::call::{self, Call};
use crate::api::error::Error;

/// Largest body, in bytes.
const LARGEST: usize = 2 << 20;

static BODY: Lazy<Bytes> = Lazy::new(|| Bytes::from(vec![b'x'; LARGEST]));

/// Answers like a list.
pub async fn get(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    fixed(&request)
}

/// Answers like a POST.
pub async fn post(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, call::default_for_messages(&request)?)?;
    let body = body::read(
        payload.into_inner(),
        &call.app,
        call.app.config.api.max_batch_body_size,
    )
    .await?;
    body::parse_any(&body)?;
    fixed(&request)
}

fn fixed(request: &HttpRequest) -> Result<HttpResponse, Error> {
    let bytes: usize = request
        .match_info()
        .get("bytes")
        .and_then(|bytes| bytes.parse().ok())
        .unwrap_or(0);
    if bytes > LARGEST {
        return Err(Error::TooLarge(LARGEST));
    }
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(BODY.slice(..bytes)))
}
