//! The session of a request, and which requests may have one.
//!
//! A cookie goes along with whatever a browser asks for, so it counts for pages and event streams, which only read, and
//! for what stands below `-/`, which asks for more than the cookie. The API wants a token.

use actix_web::HttpRequest;
use actix_web::http::Method;

use super::cookie;
use crate::api::accept::{self, Form};
use crate::api::app::App;
use crate::api::error::Error;
use crate::identity::Session;

/// The session of a request that may have one, if the browser shows one that there is.
pub async fn of(request: &HttpRequest, app: &App) -> Result<Option<Session>, Error> {
    if app.identity.trusts_everybody() || !counts(request) {
        return Ok(None);
    }
    let Some(id) = cookie::shown(request, app) else {
        return Ok(None);
    };
    // A page that stays open asks for news by itself, which is no sign of somebody who reads.
    let is_use = *request.method() != Method::GET || accept::prefers_html(request.head());
    Ok(app.sessions.resume(id, is_use).await?)
}

/// Ends the session that the browser shows: Keystone does not know its token any more.
pub async fn end(request: &HttpRequest, app: &App) -> Result<(), Error> {
    match cookie::shown(request, app) {
        Some(id) => Ok(app.sessions.end(id).await?),
        None => Ok(()),
    }
}

/// Whether the request is one that a cookie counts for.
fn counts(request: &HttpRequest) -> bool {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    is_below(request.path()) || (is_reading && accept::form(request.head()) != Form::Json)
}

/// Whether the path is one of the page's own, below `-/`.
pub fn is_below(path: &str) -> bool {
    let mut segments = path.strip_prefix("/v3/").unwrap_or_default().split('/').skip(1);
    segments.next() == Some("messages") && segments.next() == Some("-") && segments.next().is_some()
}
