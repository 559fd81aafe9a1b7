//! CORS: which pages of other sites may use the API from a browser.

use actix_cors::{Cors, CorsError};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::HeaderName;

use crate::api::error::Error;
use crate::api::service::Service;
use crate::config::Config;

/// The layer that answers browsers. Only pages of `[cors] allowed_origin` are allowed.
pub fn layer(config: &Config, services: &[&Service]) -> Cors {
    let settings = &config.cors;
    let mut cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allowed_headers([
            "X-Auth-Token",
            "X-Storage-Token",
            "Content-Type",
            "Accept",
            "Idempotency-Key",
            "If-None-Match",
            "Last-Event-ID",
            "X-OpenStack-Request-ID",
        ])
        .expose_headers([
            HeaderName::from_static("x-openstack-request-id"),
            HeaderName::from_static("location"),
            HeaderName::from_static("etag"),
            HeaderName::from_static("retry-after"),
        ])
        .max_age(usize::try_from(settings.max_age.as_secs()).ok());
    for service in services {
        cors = cors
            .allowed_header(service.version_header.clone())
            .expose_headers([&service.version_header, &service.request_id_header]);
    }
    for origin in &settings.allowed_origin {
        cors = if origin.is_any() {
            cors.allow_any_origin()
        } else {
            cors.allowed_origin(origin.as_str())
        };
    }
    if settings.allow_credentials {
        cors.supports_credentials()
    } else {
        cors
    }
}

/// The error of a refused preflight, whose own answer is plain text.
pub fn refusal<B>(response: &ServiceResponse<B>) -> Option<Error> {
    let text = match response.response().error()?.as_error::<CorsError>()? {
        CorsError::OriginNotAllowed => "The Origin of the request is not in [cors] allowed_origin.",
        CorsError::MethodNotAllowed => "Pages of other sites may only use GET, POST, PUT and DELETE.",
        CorsError::HeadersNotAllowed => "Pages of other sites may not send this header.",
        _ => return Some(Error::malformed()),
    };
    Some(Error::Forbidden(text.to_owned()))
}
