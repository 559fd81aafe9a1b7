//! The ways of a browser: to the sign-in and back, and to the project that an address is about.

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::next::Next;
use super::{cookie, session};
use crate::api::accept;
use crate::api::app::App;
use crate::api::page::language::Choice;
use crate::api::page::visit::layout;
use crate::api::page::{self, answer};
use crate::identity::Caller;
use crate::page::sign_in::Again;

/// The project of addresses that are about none.
pub const NO_PROJECT: &str = "-";

/// What a browser that is not signed in is answered in place of what it asked for; none for programs.
pub fn to_sign_in(request: &HttpRequest, app: &App) -> Option<HttpResponse> {
    if app.identity.trusts_everybody() || !is_browser(request) {
        return None;
    }
    let next = next(request, app);
    if cookie::shown(request, app).is_none() && comes_from_elsewhere(request.headers()) {
        return Some(again(request, app));
    }
    Some(see_other(app, &sign_in(app, request, next.as_ref())))
}

/// What a browser is answered whose session is for another project than the address; none where it is for the same.
pub fn to_project(request: &HttpRequest, app: &App, caller: &Caller) -> Option<HttpResponse> {
    // What scripts ask for below "-/" is no page, whoever asks for it.
    let path = request.path();
    let is_for_scripts = path.ends_with("/-/news") || path.ends_with("/-/read");
    if !is_browser(request) || (is_for_scripts && *request.method() != Method::POST) {
        return None;
    }
    let project = project_of(request, app)?;
    match &caller.project {
        Some(own) if *own == project => None,
        Some(own) if project == NO_PROJECT => Some(see_other(app, &Next::list(own).path)),
        _ => Some(see_other(
            app,
            &below(&project, "project", next(request, app).as_ref()),
        )),
    }
}

/// The address of the sign-in, with the way back.
fn sign_in(app: &App, request: &HttpRequest, next: Option<&Next>) -> String {
    let project = project_of(request, app);
    below(project.as_deref().unwrap_or(NO_PROJECT), "login", next)
}

/// An address below `-/`, with the way back. One that would lead to where one is anyway is left out.
pub fn below(project: &str, name: &str, next: Option<&Next>) -> String {
    let path = format!("/v3/{project}/messages/-/{name}");
    match next.filter(|next| next.project != NO_PROJECT && **next != Next::list(project)) {
        Some(next) => format!("{path}?next={}", crate::page::encode(&next.path)),
        None => path,
    }
}

/// On to another page of this server.
pub fn see_other(app: &App, path: &str) -> HttpResponse {
    let location = format!("{}{path}", page::visit::root(app));
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::VARY, "Accept, Cookie, Sec-Fetch-Site"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .finish()
}

/// Browsers keep the cookie back where a link of another site leads here. The page that is then shown loads itself again,
/// from here.
fn again(request: &HttpRequest, app: &App) -> HttpResponse {
    let choice = Choice::of(request);
    let html = Again {
        layout: layout(request, app, choice),
    }
    .html();
    let mut response = answer::private(StatusCode::OK, choice, html);
    response
        .headers_mut()
        .append(header::VARY, HeaderValue::from_static("Sec-Fetch-Site"));
    response
}

fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let is = |name: &str, values: &[&str]| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| values.contains(&value))
    };
    is("sec-fetch-site", &["cross-site", "same-site"]) && is("sec-fetch-mode", &["navigate"])
}

/// Whether somebody in a browser asks for a page, or sends one of its forms.
fn is_browser(request: &HttpRequest) -> bool {
    let is_form = *request.method() == Method::POST && session::is_below(request.path());
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    (is_form || is_page) && accept::prefers_html(request.head())
}

/// The page to come back to: the one asked for; for a form, the list.
fn next(request: &HttpRequest, app: &App) -> Option<Next> {
    if *request.method() == Method::POST {
        return project_of(request, app).map(|project| Next::list(&project));
    }
    Next::here(request, app).or_else(|| project_of(request, app).map(|project| Next::list(&project)))
}

/// The project that the path names, where it may be one.
pub fn project_of(request: &HttpRequest, app: &App) -> Option<String> {
    let first = request.path().strip_prefix("/v3/")?.split('/').next()?;
    app.config
        .api
        .project_id_regex
        .matches(first)
        .then(|| first.to_owned())
}
