//! Who calls: everything under `/v3` but discovery is behind this layer.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, ResponseError};

use super::app::App;
use super::error::Error;
use super::sign_in::{lead, session};
use crate::identity::{Caller, Credentials, Refusal, Session};

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const STORAGE_TOKEN: HeaderName = HeaderName::from_static("x-storage-token");
const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-service-token");

/// Longest token that anybody is asked about, in bytes; Keystone's have a few hundred.
const LONGEST_TOKEN: usize = 8192;

/// Establishes the caller and leaves it with the request.
pub async fn authenticate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let identified = identify(request.request()).await;
    if let Some(answer) = for_browser(request.request(), &identified).await {
        return Ok(request.into_response(answer));
    }
    match identified {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        // An error handed on from here would pass the outer layer without its headers.
        Err(error) => Ok(request.into_response(error.error_response())),
    }
}

/// What somebody in a browser is answered before anything else: the way to the sign-in, or to another project.
async fn for_browser(request: &HttpRequest, identified: &Result<Arc<Caller>, Error>) -> Option<HttpResponse> {
    let app = request.app_data::<Data<App>>()?;
    let has_session = request.extensions().get::<Session>().is_some();
    match identified {
        Ok(caller) if has_session => lead::to_project(request, app, caller),
        Err(Error::Unauthorized(_)) => {
            // Else the sign-in would find it and lead back here.
            if has_session && let Err(error) = session::end(request, app).await {
                return Some(error.error_response());
            }
            lead::to_sign_in(request, app)
        }
        _ => None,
    }
}

/// Who sends the request; asked again, whether that still holds.
pub async fn identify(request: &HttpRequest) -> Result<Arc<Caller>, Error> {
    let app = request
        .app_data::<Data<App>>()
        .ok_or_else(|| Error::Internal("no app data".to_owned()))?;
    let headers = request.headers();
    let unauthorized = || Error::Unauthorized(app.identity.challenge().unwrap_or_default().to_owned());
    let names = [AUTH_TOKEN, STORAGE_TOKEN, SERVICE_TOKEN];
    if names.iter().any(|name| is_too_long(headers, name)) {
        return Err(unauthorized());
    }
    let token = match token(headers, &AUTH_TOKEN)? {
        None => token(headers, &STORAGE_TOKEN)?,
        token => token,
    };
    let service_token = token_of_service(headers)?;
    let session = match (token, service_token) {
        (None, None) => session::of(request, app).await?,
        _ => None,
    };
    let shown = Credentials {
        token: token.or(session.as_ref().map(|session| session.tokens.current.as_str())),
        service_token,
        method: request.method().as_str(),
        path: request.path(),
        url_project: project_of(request.path(), app),
    };
    let identified = app.identity.identify(&shown).await;
    if let Some(session) = session {
        request.extensions_mut().insert(session);
    }
    identified.map_err(|refusal| match refusal {
        Refusal::Unauthorized => unauthorized(),
        Refusal::Unavailable(reason) => Error::IdentityUnavailable(reason),
    })
}

/// Whether the token is too long to be valid, so that Keystone need not be asked.
fn is_too_long(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get(name).is_some_and(|value| value.len() > LONGEST_TOKEN)
}

fn token_of_service(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    Ok(token(headers, &SERVICE_TOKEN)?.filter(|token| !token.is_empty()))
}

fn token<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let value = headers.get(name).map(|value| value.to_str().map(str::trim));
    value
        .transpose()
        .map_err(|_| Error::BadRequest("X-Auth-Token must be ASCII.".to_owned()))
}

/// The project that a path names; the routes below are not matched yet.
fn project_of<'a>(path: &'a str, app: &App) -> Option<&'a str> {
    let below = path.strip_prefix("/v3/")?;
    let first = below.split('/').next()?;
    let is_project = !matches!(first, "messages" | "messages.json") && below != "resource_filters";
    (is_project && app.config.api.project_id_regex.matches(first)).then_some(first)
}
