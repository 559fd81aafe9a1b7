//! `GET` and `POST /v3/{project_id}/messages/-/login`: the sign-in form.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::next::Next;
use super::redirect::{NO_PROJECT, below, see_other};
use super::{address, session, session_cookie};
use crate::api::app::App;
use crate::api::browser::page::language::Choice;
use crate::api::browser::page::visit::layout;
use crate::api::browser::page::{answer, csrf, home};
use crate::api::error::Error;
use crate::api::target::Target;
use crate::config::Secret;
use crate::identity::{Refusal, Sessions, SignIn, Tokens};
use crate::page::sign_in::{SignInFault, SignInPage};

/// Shows the form. A browser that is signed in is redirected.
pub async fn show(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    let target = Target::of(&request);
    let project = target.project.as_deref().ok_or_else(Error::no_route)?;
    let next = Next::of(&request, &app);
    if app.identity.is_noauth() {
        return home::show(request, app).await;
    }
    if let Some(session) = session::of(&request, &app, &target).await? {
        return Ok(onward(&app, &session.tokens, project, next.as_ref()));
    }
    let fault = (!may_sign_in(&request, &app)).then_some(SignInFault::Insecure);
    Ok(page(&request, &app, next.as_ref(), &Typed::default(), fault))
}

/// Typed values that the form may show again.
#[derive(Default)]
struct Typed {
    user: String,
    domain: Option<String>,
    project: String,
    credential: String,
}

/// Signs a user in.
pub async fn enter(request: HttpRequest, app: Data<App>, payload: Payload) -> Result<HttpResponse, Error> {
    let target = Target::of(&request);
    let in_url = target.project.as_deref().ok_or_else(Error::no_route)?;
    let form = Form::read(&request, payload, &app).await?;
    let next = Next::parse(form.get("next"), &app);
    let text = |name: &'static str| form.get(name).trim().to_owned();
    let typed = Typed {
        user: text("user"),
        domain: Some(text("domain")),
        project: text("project"),
        credential: text("credential_id"),
    };
    let refuse = |fault| Ok(page(&request, &app, next.as_ref(), &typed, Some(fault)));
    if app.identity.is_noauth() {
        return Err(Error::no_route());
    }
    if csrf::check(&request, form.get("csrf")).is_err() {
        return refuse(SignInFault::OutOfDate);
    }
    if !may_sign_in(&request, &app) {
        return refuse(SignInFault::Insecure);
    }
    let Some(shown) = shown(&form, &typed) else {
        return refuse(SignInFault::Incomplete);
    };
    let tokens = match ask(&request, &app, &shown).await {
        Ok(tokens) => tokens,
        Err(fault) => return refuse(fault),
    };
    let in_next = next.as_ref().and_then(|next| next.project.as_deref());
    let wanted = match (typed.project.as_str(), in_next) {
        ("", Some(project)) if project != NO_PROJECT => project,
        ("", _) if in_url != NO_PROJECT => in_url,
        (typed, _) => typed,
    };
    let tokens = match into_project(&app, tokens, wanted).await {
        Ok(tokens) => tokens,
        Err(reason) => return refuse(unavailable(&reason)),
    };
    let before = session_cookie::shown(&request, &app);
    let id = app.sessions.begin(&tokens, before).await?;
    let mut response = onward(&app, &tokens, in_url, next.as_ref());
    set_cookie(&mut response, session_cookie::give(&request, &app, &id));
    Ok(response)
}

/// The credentials in the form, if it is complete.
fn shown(form: &Form, typed: &Typed) -> Option<SignIn> {
    // A password may begin or end with spaces.
    let secret =
        |name: &'static str| Some(Secret::new(form.get(name))).filter(|secret| !secret.expose().is_empty());
    if form.get("method") == "application_credential" {
        return Some(SignIn::Credential {
            id: Some(typed.credential.clone()).filter(|id| !id.is_empty())?,
            secret: secret("credential_secret")?,
        });
    }
    Some(SignIn::Password {
        user: Some(typed.user.clone()).filter(|user| !user.is_empty())?,
        domain: typed.domain.clone().filter(|domain| !domain.is_empty())?,
        password: secret("password")?,
    })
}

/// Signs in at Keystone, within the limits. The name is not logged: it may be a password in the wrong field.
async fn ask(request: &HttpRequest, app: &App, shown: &SignIn) -> Result<Tokens, SignInFault> {
    let address: IpAddr = address::of_client(request, app);
    let user = match shown {
        SignIn::Password { user, domain, .. } => format!("{user}\0{domain}"),
        SignIn::Credential { id, .. } => id.clone(),
    };
    if let Err(wait) = app.attempts.count(&user, address, app.clock.now()) {
        tracing::warn!(%address, "too many attempts to sign in");
        return Err(SignInFault::TooOften(wait));
    }
    match app.identity.sign_in(shown).await {
        Ok(tokens) => {
            app.attempts.succeeded(&user, address);
            tracing::info!(%address, "signed in");
            Ok(tokens)
        }
        Err(Refusal::Unauthorized) => {
            tracing::info!(%address, "sign-in refused");
            Err(SignInFault::Refused)
        }
        Err(Refusal::Unavailable(reason)) => Err(unavailable(&reason)),
    }
}

/// Scopes the tokens to the project of this id or name or, if none is named, to the only one. Otherwise they stay
/// unscoped, and the user chooses next.
///
/// # Errors
/// Why Keystone is unavailable.
async fn into_project(app: &App, tokens: Tokens, wanted: &str) -> Result<Tokens, String> {
    let Some(unscoped) = &tokens.unscoped else {
        return Ok(tokens);
    };
    let projects = match app.identity.projects(unscoped).await {
        Ok(projects) => projects,
        Err(Refusal::Unauthorized) => return Ok(tokens),
        Err(Refusal::Unavailable(reason)) => return Err(reason),
    };
    let mut meant: Vec<_> = projects.iter().filter(|project| project.id == wanted).collect();
    if meant.is_empty() {
        meant = projects
            .iter()
            .filter(|project| wanted.is_empty() || project.name == wanted)
            .collect();
    }
    let [one] = meant.as_slice() else {
        return Ok(tokens);
    };
    match app.identity.enter(&tokens, &one.id).await {
        Ok(entered) => Ok(entered),
        Err(Refusal::Unauthorized) => Ok(tokens),
        Err(Refusal::Unavailable(reason)) => Err(reason),
    }
}

/// Redirects after the sign-in: to the requested page, if it is the project's, or to the choice of a project.
fn onward(app: &App, tokens: &Tokens, in_url: &str, next: Option<&Next>) -> HttpResponse {
    let path = match (&tokens.project, next) {
        (Some(project), Some(next)) if next.is_for(project) => next.path.clone(),
        (Some(project), _) => Next::list(project).path,
        (None, next) => below(in_url, "project", next),
    };
    see_other(app, &path)
}

/// Passwords must not cross a network in the clear.
fn may_sign_in(request: &HttpRequest, app: &App) -> bool {
    session_cookie::is_over_tls(request, app) || session_cookie::is_local(request, app)
}

fn unavailable(reason: &str) -> SignInFault {
    tracing::warn!(reason, "sign-in is unavailable");
    SignInFault::Unavailable
}

/// The form, with its fault. A browser without an id gets one.
fn page(
    request: &HttpRequest,
    app: &App,
    next: Option<&Next>,
    typed: &Typed,
    fault: Option<SignInFault>,
) -> HttpResponse {
    let choice = Choice::of(request);
    let is_known = app.identity.is_noauth() || session_cookie::shown(request, app).is_some();
    let new = if is_known { None } else { Sessions::new_id().ok() };
    let token = match &new {
        Some(id) => csrf::token_for(app, id),
        None => csrf::token(request),
    };
    let html = SignInPage {
        layout: layout(request, app, choice),
        fault,
        token,
        next: next.map(|next| next.path.clone()).unwrap_or_default(),
        user: typed.user.clone(),
        domain: typed
            .domain
            .clone()
            .unwrap_or_else(|| app.config.session.default_domain.clone()),
        project: typed.project.clone(),
        credential: typed.credential.clone(),
    }
    .html();
    let (status, wait) = match fault {
        None => (StatusCode::OK, None),
        Some(SignInFault::TooOften(wait)) => (StatusCode::TOO_MANY_REQUESTS, Some(wait)),
        Some(SignInFault::Unavailable) => (StatusCode::SERVICE_UNAVAILABLE, Some(1)),
        Some(SignInFault::Incomplete) => (StatusCode::BAD_REQUEST, None),
        Some(SignInFault::Insecure | SignInFault::OutOfDate | SignInFault::Refused) => {
            (StatusCode::FORBIDDEN, None)
        }
    };
    let mut response = answer::private(status, choice, html);
    set_cookie(
        &mut response,
        new.and_then(|id| session_cookie::give(request, app, &id)),
    );
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, wait.into());
    }
    response
}

/// Adds a cookie to an answer.
pub fn set_cookie(response: &mut HttpResponse, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
