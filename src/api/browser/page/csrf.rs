//! Protects forms against forgery by other sites.
//!
//! Checks which page the browser says a form comes from, and a signature that only pages for this browser contain.

use actix_web::{HttpMessage, HttpRequest};

use crate::api::app::App;
use crate::api::browser::sign_in::session_cookie;
use crate::api::error::Error;
use crate::api::links;
use crate::identity::Session;

/// Identifies every browser in noauth mode.
const ANYBODY: &str = "anybody";

/// The header in which scripts send the signature.
const HEADER: &str = "x-csrf-token";

/// The signature for the forms of a page.
pub fn token(request: &HttpRequest) -> String {
    let app = App::of(request).ok();
    app.and_then(|app| Some(app.sessions.form_token(whose(request, app)?)))
        .unwrap_or_default()
}

/// The same for a browser that gets its id with this answer.
pub fn token_for(app: &App, id: &str) -> String {
    app.sessions.form_token(id)
}

/// Refuses a form of another site or of another session.
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

/// The same for a script. Without a session another site has nothing to gain.
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

/// Whether the request has a token, which no other site can add.
fn shows_token(request: &HttpRequest) -> bool {
    ["x-auth-token", "x-storage-token"]
        .iter()
        .any(|name| request.headers().contains_key(*name))
}

/// What identifies the browser.
fn whose<'a>(request: &'a HttpRequest, app: &App) -> Option<&'a str> {
    session_cookie::shown(request, app).or_else(|| app.identity.is_noauth().then_some(ANYBODY))
}

/// Refuses a request that, says the browser, another site sent. Older browsers name only the origin, and programs
/// nothing.
fn from_here(request: &HttpRequest, app: &App) -> Result<(), Error> {
    let header = |name: &str| {
        request
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let is_from_here = match (header("sec-fetch-site"), header("origin")) {
        // "none" is a user who reloads a page.
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_ascii_lowercase());
            let base = links::base(request, app);
            let own = base.split('/').take(3).collect::<Vec<_>>().join("/");
            // A proxy that terminates TLS may hide the scheme, but not the host.
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
