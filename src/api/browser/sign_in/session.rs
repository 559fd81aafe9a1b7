//! The session of a request.
//!
//! A browser sends the cookie with every request, so it counts only for pages and event streams, which only read, and
//! for paths below `-/`, which ask for more than the cookie. The API needs a token.

use actix_web::HttpRequest;
use actix_web::http::Method;

use super::session_cookie;
use crate::api::accept::AnswerForm;
use crate::api::app::App;
use crate::api::error::Error;
use crate::api::target::Target;
use crate::identity::Session;

/// The session that the browser shows, where one counts.
pub async fn of(request: &HttpRequest, app: &App, target: &Target) -> Result<Option<Session>, Error> {
    if app.identity.is_noauth() || !counts(request, target) {
        return Ok(None);
    }
    let Some(id) = session_cookie::shown(request, app) else {
        return Ok(None);
    };
    // An open page polls for news by itself, which does not keep the session alive.
    let is_use = *request.method() != Method::GET || target.form == AnswerForm::Html;
    Ok(app.sessions.resume(id, is_use).await?)
}

/// Ends the session that the browser shows, as Keystone no longer accepts its token.
pub async fn end(request: &HttpRequest, app: &App) -> Result<(), Error> {
    match session_cookie::shown(request, app) {
        Some(id) => Ok(app.sessions.end(id).await?),
        None => Ok(()),
    }
}

/// Whether the cookie counts for a request.
fn counts(request: &HttpRequest, target: &Target) -> bool {
    let is_reading = matches!(*request.method(), Method::GET | Method::HEAD);
    target.is_reserved || (is_reading && target.form != AnswerForm::Json)
}
