//! The headers of a page.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};

use super::language::Choice;
use crate::api::browser::service::PAGES;

/// Allows only what this server sends, no inline scripts and no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// The headers of every page. The referrer policy hides addresses from other sites, but not from this one's forms.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// A page for one caller, which no cache may keep.
pub fn private(status: StatusCode, choice: Choice, html: String) -> HttpResponse {
    let mut response = HttpResponse::build(status).body(html);
    decorate(&mut response, choice);
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    response
}

/// A redirect to another page; `path` must come from this server.
pub fn go(choice: Choice, path: &str) -> HttpResponse {
    let mut response = private(StatusCode::SEE_OTHER, choice, String::new());
    set(&mut response, header::LOCATION, path);
    response
}

/// Sets a header.
pub fn set(response: &mut HttpResponse, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Adds the headers of every page.
pub fn decorate(response: &mut HttpResponse, choice: Choice) {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Programs get JSON at the same address.
    headers.insert(header::VARY, PAGES.vary.clone());
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(choice.language.http_tag()),
    );
    if let Some(cookie) = choice
        .cookie()
        .and_then(|cookie| HeaderValue::from_str(&cookie).ok())
    {
        headers.append(header::SET_COOKIE, cookie);
    }
    vary_by(response, "Cookie");
}

/// Adds a request header to `Vary`, as one value: the CORS layer drops any other.
pub fn vary_by(response: &mut HttpResponse, name: &str) {
    let known = response
        .headers()
        .get(header::VARY)
        .and_then(|value| value.to_str().ok());
    let value = known.map_or_else(|| name.to_owned(), |known| format!("{known}, {name}"));
    set(response, header::VARY, &value);
}
