//! Redirects of browsers: to the sign-in and back, and to the project of an address.

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::next::Next;
use super::session_cookie;
use crate::api::app::App;
use crate::api::browser::page::answer;
use crate::api::browser::page::language::Choice;
use crate::api::browser::page::visit::{layout, root};
use crate::api::browser::service::PAGES;
use crate::api::target::Target;
use crate::identity::Caller;
use crate::page::sign_in::Again;

/// The project in addresses without one.
pub const NO_PROJECT: &str = "-";

/// The redirect to the sign-in for a browser without a session; none for programs.
pub fn to_sign_in(request: &HttpRequest, app: &App, target: &Target) -> Option<HttpResponse> {
    if app.identity.is_noauth() || !target.signs_in(request.method()) {
        return None;
    }
    if session_cookie::shown(request, app).is_none() && comes_from_elsewhere(request.headers()) {
        return Some(reload(request, app));
    }
    let project = target.project.as_deref().unwrap_or(NO_PROJECT);
    let next = next(request, app, target);
    Some(see_other(app, &below(project, "login", next.as_ref())))
}

/// The redirect for a browser whose session is for another project than the address.
pub fn to_project(
    request: &HttpRequest,
    app: &App,
    target: &Target,
    caller: &Caller,
) -> Option<HttpResponse> {
    let project = target
        .project
        .as_deref()
        .filter(|_| target.signs_in(request.method()))?;
    match &caller.project {
        Some(own) if own == project => None,
        Some(own) if project == NO_PROJECT => Some(see_other(app, &Next::list(own).path)),
        _ => {
            let next = next(request, app, target);
            Some(see_other(app, &below(project, "project", next.as_ref())))
        }
    }
}

/// An address below `-/`, with the address to continue to. The default address is left out.
pub fn below(project: &str, name: &str, next: Option<&Next>) -> String {
    let path = format!("{}/{project}/messages/-/{name}", PAGES.prefix);
    match next.filter(|next| next.project.as_deref() != Some(NO_PROJECT) && **next != Next::list(project)) {
        Some(next) => format!("{path}?next={}", crate::page::encode(&next.path)),
        None => path,
    }
}

/// A redirect to another page of this server.
pub fn see_other(app: &App, path: &str) -> HttpResponse {
    let location = format!("{}{path}", root(app));
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::VARY, "Accept, Cookie, Sec-Fetch-Site"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .finish()
}

/// A page that reloads itself: a browser that follows a link of another site withholds the cookie.
fn reload(request: &HttpRequest, app: &App) -> HttpResponse {
    let choice = Choice::of(request);
    let html = Again {
        layout: layout(request, app, choice),
    }
    .html();
    let mut response = answer::private(StatusCode::OK, choice, html);
    answer::vary_by(&mut response, "Sec-Fetch-Site");
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

/// The page to return to: the requested one or, for a form, the list.
fn next(request: &HttpRequest, app: &App, target: &Target) -> Option<Next> {
    let list = || target.project.as_deref().map(Next::list);
    if *request.method() == Method::POST {
        return list();
    }
    Next::here(request, app).or_else(list)
}
