//! `/` in a browser: leads to a project.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::answer;
use super::language::Choice;
use super::visit::layout;
use crate::api::app::App;
use crate::api::browser::sign_in::{redirect, session};
use crate::api::error::Error;
use crate::api::target::Target;
use crate::message::Scope;
use crate::page::Layout;
use crate::page::home::{HeldProject, Home};
use crate::store;

/// Projects of one page.
const PAGE: usize = 20;

/// The messages of a project are counted up to this number.
const MOST_COUNTED: u64 = 999;

/// Redirects to the sign-in or, with a session, to the reader's projects. In noauth mode it shows the projects that have
/// messages, or redirects to the one that was given.
pub async fn show(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    if !app.identity.is_noauth() {
        let session = session::of(&request, &app, &Target::of(&request)).await?;
        let page = session.map_or("login", |_| "project");
        return Ok(redirect::see_other(
            &app,
            &redirect::below(redirect::NO_PROJECT, page, None),
        ));
    }
    let choice = Choice::of(&request);
    let layout = Layout {
        is_open: true,
        ..layout(&request, &app, choice)
    };
    let given = |name: &str| {
        form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim().to_owned())
    };
    match given("project") {
        Some(project) if app.config.api.project_id_regex.matches(&project) => {
            Ok(answer::go(choice, &layout.messages_of(&project)))
        }
        refused => {
            let status = match refused {
                Some(_) => StatusCode::BAD_REQUEST,
                None => StatusCode::OK,
            };
            let after = given("after").filter(|after| app.config.api.project_id_regex.matches(after));
            let (projects, next) = projects(&app, &layout, after.unwrap_or_default()).await?;
            let page = Home {
                layout,
                refused,
                projects,
                next,
            };
            Ok(answer::private(status, choice, page.html()))
        }
    }
}

/// One page of the projects that have messages, after the project `after`, and where the next page begins.
async fn projects(
    app: &App,
    layout: &Layout,
    after: String,
) -> Result<(Vec<HeldProject>, Option<String>), Error> {
    let found = app
        .store
        .read(move |read| store::message::projects(read, &after, PAGE + 1));
    let mut found = found.await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let mut projects = Vec::with_capacity(found.len());
    for id in found {
        let scope = Scope::Project(id.clone());
        let count = app.store.count_messages(scope, MOST_COUNTED + 1).await?;
        projects.push(HeldProject {
            href: layout.messages_of(&id),
            count: i64::try_from(count.min(MOST_COUNTED)).unwrap_or(i64::MAX),
            is_more: count > MOST_COUNTED,
            id,
        });
    }
    let next = projects.last().filter(|_| has_more);
    let next = next.map(|project| project.id.clone());
    Ok((projects, next))
}
