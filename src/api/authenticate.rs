//! Who calls: everything under `/v3` but discovery is behind this layer.

use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderName;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, ResponseError};

use super::app::App;
use super::error::Error;
use crate::identity::Caller;

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const STORAGE_TOKEN: HeaderName = HeaderName::from_static("x-storage-token");

/// Establishes the caller and leaves it with the request.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    match identify(&request) {
        Ok(caller) => {
            request.extensions_mut().insert(Rc::new(caller));
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        // An error handed on from here would pass the outer layer without its headers.
        Err(error) => Ok(request.into_response(error.error_response())),
    }
}

fn identify(request: &ServiceRequest) -> Result<Caller, Error> {
    let app = request
        .app_data::<Data<App>>()
        .ok_or_else(|| Error::Internal("no app data".to_owned()))?;
    let headers = request.headers();
    let token = headers
        .get(AUTH_TOKEN)
        .or_else(|| headers.get(STORAGE_TOKEN))
        .map(|value| value.to_str());
    let token = token
        .transpose()
        .map_err(|_| Error::BadRequest("X-Auth-Token must be ASCII.".to_owned()))?;
    Ok(app
        .identity
        .identify(token.map(str::trim), project_of(request.path(), app)))
}

/// The project that a path names; the routes below are not matched yet.
fn project_of<'a>(path: &'a str, app: &App) -> Option<&'a str> {
    let first = path.strip_prefix("/v3/")?.split('/').next()?;
    (first != "messages" && first != "messages.json" && app.config.api.project_id_regex.matches(first))
        .then_some(first)
}
