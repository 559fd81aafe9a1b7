//! The floor of the benchmarks: a fixed body through the same layers and checks as a list or a POST.

use actix_web::web::{self, Bytes, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use once_cell::sync::Lazy;

use super::body;
use super::call::{self, Call};
use super::error::Error;

/// The largest body that is asked for, in bytes.
const LARGEST: usize = 2 << 20;

static BODY: Lazy<Bytes> = Lazy::new(|| Bytes::from(vec![b'x'; LARGEST]));

/// `GET` and `POST /v3/{project_id}/floor/{bytes}`.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        web::resource("/floor/{bytes}")
            .route(web::get().to(get))
            .route(web::post().to(post)),
    );
}

async fn get(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.may(crate::identity::Rule::MessageGetAll)?;
    fixed(&request)
}

async fn post(request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Error> {
    let call = Call::begin(&request, call::default_for_messages(&request))?;
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
