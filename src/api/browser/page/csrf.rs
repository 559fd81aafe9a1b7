//! Whether a form comes from a page of this server.
//!
//! Two things are asked: what the browser says of the page that the form stands in, and a signature that only a page
//! shown to this very browser has.

use actix_web::{HttpMessage, HttpRequest};

use crate::api::app::App;
use crate::api::browser::sign_in::session_cookie as cookie;
use crate::api::error::Error;
use crate::api::links;
use crate::identity::Session;

/// What everybody is known by where nobody signs in.
const ANYBODY: &str = "anybody";

/// The header in which a script sends what a form has in a field.
const HEADER: &str = "x-csrf-token";

/// What a form of this request's page sends back.
pub fn token(request: &HttpRequest) -> String {
    let app = App::of(request).ok();
    app.and_then(|app| Some(app.sessions.form_token(whose(request, app)?)))
        .unwrap_or_default()
}

/// The same for a browser that is given an id with this very answer.
pub fn token_for(app: &App, id: &str) -> String {
    app.sessions.form_token(id)
}

/// Refuses a form that another site sent, or that was made for somebody else.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::OutOfDate`].
pub fn check(request: &HttpRequest, given: &str) -> Result<(), Error> {
    if shows_token(request) {
        return Ok(());
    }
    let app = App::of(request)?;
    from_here(request, app)?;
    match whose(request, app) {
        Some(whose) if app.sessions.is_form_token(whose, given) => Ok(()),
        _ => Err(Error::OutOfDate),
    }
}

/// The same for what a script sends. Without a session there is nothing that another site could make use of.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::OutOfDate`].
pub fn check_script(request: &HttpRequest) -> Result<(), Error> {
    let has_session = request.extensions().get::<Session>().is_some();
    if has_session {
        let given = request
            .headers()
            .get(HEADER)
            .and_then(|value| value.to_str().ok());
        return check(request, given.unwrap_or_default());
    }
    if shows_token(request) {
        return Ok(());
    }
    from_here(request, App::of(request)?)
}

/// Whether the request has a token of its own, which no other site can add.
fn shows_token(request: &HttpRequest) -> bool {
    ["x-auth-token", "x-storage-token"]
        .iter()
        .any(|name| request.headers().contains_key(*name))
}

/// What the browser is known by.
fn whose<'a>(request: &'a HttpRequest, app: &App) -> Option<&'a str> {
    cookie::shown(request, app).or_else(|| app.identity.trusts_everybody().then_some(ANYBODY))
}

/// Refuses what the browser says another site sent. Older browsers only name the origin, and programs nothing.
fn from_here(request: &HttpRequest, app: &App) -> Result<(), Error> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let is_from_here = match (header("sec-fetch-site"), header("origin")) {
        // "none" is somebody at the browser, who loads a page again.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_ascii_lowercase());
            let base = links::base(request, app);
            let own = base.split('/').take(3).collect::<Vec<_>>().join("/");
            // A proxy that ends TLS may hide that it does, but not under which name it is known.
            host(origin).is_some_and(|origin| {
                host(&own).is_some_and(|own| own == origin)
                    || links::host(request.headers()).is_some_and(|host| host.eq_ignore_ascii_case(&origin))
            })
        }
        (None, None) => true,
    };
    if is_from_here {
        Ok(())
    } else {
        Err(Error::Forbidden("The form comes from another site.".to_owned()))
    }
}
