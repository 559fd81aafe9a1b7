//! Who sends a request.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::http::header::{HeaderMap, HeaderName};
use actix_web::{HttpMessage, HttpRequest};

use super::app::App;
use super::browser::sign_in::session;
use super::error::Error;
use super::target::Target;
use crate::identity::{Caller, Credentials, Refusal};

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const STORAGE_TOKEN: HeaderName = HeaderName::from_static("x-storage-token");
const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-service-token");

/// Longest token that is validated, in bytes. Keystone's have a few hundred.
const LONGEST_TOKEN: usize = 8192;

/// Identifies the caller of a request, also again while it is being answered.
pub async fn identify(request: &HttpRequest, target: &Target) -> Result<Arc<Caller>, Error> {
    let app = App::of(request)?;
    let headers = request.headers();
    let unauthorized = || Error::Unauthorized(app.identity.challenge().unwrap_or_default().to_owned());
    let names = [AUTH_TOKEN, STORAGE_TOKEN, SERVICE_TOKEN];
    if names.iter().any(|name| is_too_long(headers, name)) {
        return Err(unauthorized());
    }
    let token = match token(headers, &AUTH_TOKEN, "X-Auth-Token")? {
        None => token(headers, &STORAGE_TOKEN, "X-Storage-Token")?,
        token => token,
    };
    let service_token = token_of_service(headers)?;
    let session = match (token, service_token) {
        (None, None) => session::of(request, app, target).await?,
        _ => None,
    };
    // Access rules name the path that clients call.
    let path = match target.mount() {
        "" => Cow::Borrowed(request.path()),
        mount => Cow::Owned([mount, request.path()].concat()),
    };
    let shown = Credentials {
        token: token.or(session.as_ref().map(|session| session.tokens.current.as_str())),
        service_token,
        service_type: target.service.and_then(|service| service.rules_type),
        method: request.method().as_str(),
        path: &path,
        url_project: target.project.as_deref(),
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

/// Whether the token is too long to be valid.
fn is_too_long(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get(name).is_some_and(|value| value.len() > LONGEST_TOKEN)
}

fn token_of_service(headers: &HeaderMap) -> Result<Option<&str>, Error> {
    Ok(token(headers, &SERVICE_TOKEN, "X-Service-Token")?.filter(|token| !token.is_empty()))
}

fn token<'a>(headers: &'a HeaderMap, name: &HeaderName, title: &str) -> Result<Option<&'a str>, Error> {
    let value = headers.get(name).map(|value| value.to_str().map(str::trim));
    value
        .transpose()
        .map_err(|_| Error::BadRequest(format!("{title} must be ASCII.")))
}
