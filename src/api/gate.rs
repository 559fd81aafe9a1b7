//! What is answered before any route is looked for: OPTIONS, too many query parameters, and a body that is announced as
//! encoded or as too large.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpResponse, ResponseError};

use super::app::App;
use super::error::Error;

/// Most query parameters of a request, on every route. Parameters are looked up by name among each other.
const MOST_PARAMETERS: usize = 200;

/// Lets a request through to its route, or answers it.
pub async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match answer(&request) {
        Some(answer) => Ok(request.into_response(answer)),
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn answer(request: &ServiceRequest) -> Option<HttpResponse> {
    if request.method() == Method::OPTIONS {
        return Some(HttpResponse::Ok().finish());
    }
    if has_too_many_parameters(request.query_string()) {
        let text = format!("The query string has more than {MOST_PARAMETERS} parameters.");
        return Some(Error::BadRequest(text).error_response());
    }
    if is_encoded(request) {
        return Some(Error::UnsupportedEncoding.error_response());
    }
    let app = request.app_data::<Data<App>>()?;
    let limit = match *request.method() {
        Method::POST => app.config.api.max_batch_body_size,
        _ => app.config.api.max_request_body_size,
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse::<usize>()
        .ok()?;
    (announced > limit).then(|| Error::TooLarge(limit).error_response())
}

/// Lists of messages take `;` for a separator, too. Each parameter but the last takes two bytes at least.
fn has_too_many_parameters(query: &str) -> bool {
    query.len() > 2 * MOST_PARAMETERS
        && query
            .split(['&', ';'])
            .filter(|parameter| !parameter.is_empty())
            .nth(MOST_PARAMETERS)
            .is_some()
}

/// Whether the body would have to be decoded before it is read.
fn is_encoded(request: &ServiceRequest) -> bool {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING);
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}
