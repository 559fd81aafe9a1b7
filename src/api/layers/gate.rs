//! Answers what needs no operation: OPTIONS, too many query parameters, and bodies that are announced as encoded or as too
//! large.

use actix_web::HttpResponse;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;

use crate::api::app::App;
use crate::api::error::Error;
use crate::api::target::Target;

/// Most query parameters of a request: looking each up among the others takes quadratic time.
const MOST_PARAMETERS: usize = 200;

/// Lets a request through to its route, or answers it.
pub async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.method() == Method::OPTIONS {
        return Ok(request.into_response(HttpResponse::Ok().finish()));
    }
    match refusal(&request) {
        Some(error) => {
            let answer = Target::of(&request).refuse(&error);
            Ok(request.into_response(answer))
        }
        None => Ok(next.call(request).await?.map_into_boxed_body()),
    }
}

fn refusal(request: &ServiceRequest) -> Option<Error> {
    if has_too_many_parameters(request.query_string()) {
        let text = format!("The query string has more than {MOST_PARAMETERS} parameters.");
        return Some(Error::BadRequest(text));
    }
    if is_encoded(request) {
        return Some(Error::UnsupportedEncoding);
    }
    let app = App::of(request.request()).ok()?;
    let limit = match *request.method() {
        Method::POST | Method::PUT => app.config.api.max_batch_body_size,
        _ => app.config.api.max_request_body_size,
    };
    let announced = request
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse::<usize>()
        .ok()?;
    (announced > limit).then_some(Error::TooLarge(limit))
}

/// Lists of messages also take `;` for a separator. Each parameter except the last has at least two bytes.
fn has_too_many_parameters(query: &str) -> bool {
    query.len() > 2 * MOST_PARAMETERS
        && query
            .split(['&', ';'])
            .filter(|parameter| !parameter.is_empty())
            .nth(MOST_PARAMETERS)
            .is_some()
}

/// Whether the body would have to be decoded.
fn is_encoded(request: &ServiceRequest) -> bool {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING);
    encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}
