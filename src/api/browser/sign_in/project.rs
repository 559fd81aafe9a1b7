//! `GET` and `POST /v3/{project_id}/messages/-/project`: switches the project.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::login::set_cookie;
use super::next::Next;
use super::redirect::{see_other, to_sign_in};
use super::session::{self, end};
use super::session_cookie;
use crate::api::app::App;
use crate::api::browser::page::language::Choice;
use crate::api::browser::page::visit::layout;
use crate::api::browser::page::{answer, csrf};
use crate::api::error::Error;
use crate::api::target::Target;
use crate::identity::{Refusal, Session};
use crate::page::sign_in::{ChoicePage, Project};

/// Shows the projects.
pub async fn show(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    let target = Target::of(&request);
    if target.project.is_none() {
        return Err(Error::no_route());
    }
    let Some(session) = session::of(&request, &app, &target).await? else {
        return to_sign_in(&request, &app, &target).ok_or_else(|| unauthorized(&app));
    };
    let next = Next::of(&request, &app);
    choice(&request, &app, &session, next.as_ref(), false).await
}

/// Switches the session to another project.
pub async fn switch(request: HttpRequest, app: Data<App>, payload: Payload) -> Result<HttpResponse, Error> {
    let target = Target::of(&request);
    let form = Form::read(&request, payload, &app).await?;
    let Some(session) = session::of(&request, &app, &target).await? else {
        return to_sign_in(&request, &app, &target).ok_or_else(|| unauthorized(&app));
    };
    csrf::check(&request, form.get("csrf"))?;
    let next = Next::parse(form.get("next"), &app);
    let project = form.get("project");
    match app.identity.enter(&session.tokens, project).await {
        Ok(tokens) => {
            let id = app
                .sessions
                .begin(&tokens, session_cookie::shown(&request, &app))
                .await?;
            let next = next.filter(|next| next.is_for(project));
            let path = next.unwrap_or_else(|| Next::list(project)).path;
            let mut response = see_other(&app, &path);
            set_cookie(&mut response, session_cookie::give(&request, &app, &id));
            Ok(response)
        }
        Err(Refusal::Unauthorized) => choice(&request, &app, &session, next.as_ref(), true).await,
        Err(Refusal::Unavailable(reason)) => Err(Error::IdentityUnavailable(reason)),
    }
}

/// The page of projects. `is_refused` says that the chosen one cannot be entered.
async fn choice(
    request: &HttpRequest,
    app: &App,
    session: &Session,
    next: Option<&Next>,
    is_refused: bool,
) -> Result<HttpResponse, Error> {
    let tokens = &session.tokens;
    // An application credential is bound to its project.
    let projects = match &tokens.unscoped {
        Some(unscoped) => app.identity.projects(unscoped).await,
        None => Ok(Vec::new()),
    };
    let projects = match projects {
        Ok(projects) => projects,
        Err(Refusal::Unauthorized) => {
            end(request, app).await?;
            return to_sign_in(request, app, &Target::of(request)).ok_or_else(|| unauthorized(app));
        }
        Err(Refusal::Unavailable(reason)) => return Err(Error::IdentityUnavailable(reason)),
    };
    let language = Choice::of(request);
    let mut layout = layout(request, app, language);
    layout.user = Some(tokens.user.clone());
    layout.project.clone_from(&tokens.project);
    layout.csrf = csrf::token(request);
    let html = ChoicePage {
        wanted: Target::of(request).project.clone(),
        next: next.map(|next| next.path.clone()).unwrap_or_default(),
        is_refused,
        is_bound: tokens.unscoped.is_none(),
        projects: projects
            .into_iter()
            .map(|project| Project {
                id: project.id,
                name: project.name,
            })
            .collect(),
        layout,
    }
    .html();
    let status = if is_refused {
        StatusCode::FORBIDDEN
    } else {
        StatusCode::OK
    };
    Ok(answer::private(status, language, html))
}

fn unauthorized(app: &App) -> Error {
    Error::Unauthorized(app.identity.challenge().unwrap_or_default().to_owned())
}
