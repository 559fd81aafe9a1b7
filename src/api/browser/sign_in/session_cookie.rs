//! The cookie that identifies a browser.
//!
//! Over https it is `__Host-tidings_session`, which browsers accept only from this host and never send without TLS.
//! Over http, which is for this machine, it is `tidings_session`.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderMap, HeaderValue};

use crate::api::app::App;
use crate::api::browser::cookie::cookie;
use crate::api::links;

const OVER_TLS: &str = "__Host-tidings_session";
const PLAIN: &str = "tidings_session";

/// Longest value: an id has 64 characters.
const LONGEST: usize = 64;

/// The id that the browser sends, if any.
pub fn shown<'a>(request: &'a HttpRequest, app: &App) -> Option<&'a str> {
    cookie(request.headers(), name(request, app)).filter(|id| !id.is_empty() && id.len() <= LONGEST)
}

/// The header that sets the cookie, until the browser is closed.
pub fn give(request: &HttpRequest, app: &App, id: &str) -> Option<HeaderValue> {
    header(request, app, &format!("={id}"))
}

/// The header that removes the cookie.
pub fn take(request: &HttpRequest, app: &App) -> Option<HeaderValue> {
    header(request, app, "=; Max-Age=0")
}

/// Whether the browser uses https, according to the configured endpoint or a trusted proxy.
pub fn is_over_tls(request: &HttpRequest, app: &App) -> bool {
    links::base(request, app).starts_with("https:")
}

/// Whether the browser runs on this machine and addresses it as such. Behind an untrusted proxy it may be anywhere.
pub fn is_local(request: &HttpRequest, app: &App) -> bool {
    if was_handed_on(request.headers()) && !links::is_from_trusted_proxy(request, app) {
        return false;
    }
    let host = links::host(request.headers()).map(links::without_port);
    let is_local_name = matches!(host, Some("localhost" | "127.0.0.1" | "[::1]"));
    is_local_name
        && request
            .peer_addr()
            .is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}

/// Whether a proxy forwarded the request (RFC 7239, RFC 9110 section 7.6.3, and older headers).
fn was_handed_on(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        name.starts_with("x-forwarded-") || matches!(name, "forwarded" | "via")
    })
}

fn name(request: &HttpRequest, app: &App) -> &'static str {
    if is_over_tls(request, app) {
        OVER_TLS
    } else {
        PLAIN
    }
}

fn header(request: &HttpRequest, app: &App, value: &str) -> Option<HeaderValue> {
    let secure = if is_over_tls(request, app) { "; Secure" } else { "" };
    let name = name(request, app);
    HeaderValue::from_str(&format!(
        "{name}{value}; Path=/; HttpOnly; SameSite=Strict{secure}"
    ))
    .ok()
}
