//! `/` in a browser: leads to a project.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::answer;
use super::language::Choice;
use super::visit::layout;
use crate::api::app::App;
use crate::api::browser::sign_in::redirect;
use crate::page::Layout;
use crate::page::home::Home;

/// Redirects to the sign-in. In noauth mode it asks for a project, or redirects to the one that was given.
pub async fn show(request: HttpRequest, app: Data<App>) -> HttpResponse {
    if !app.identity.is_noauth() {
        return redirect::see_other(&app, &redirect::below(redirect::NO_PROJECT, "login", None));
    }
    let choice = Choice::of(&request);
    let layout = Layout {
        is_open: true,
        ..layout(&request, &app, choice)
    };
    let given = form_urlencoded::parse(request.query_string().as_bytes())
        .find(|(key, _)| key == "project")
        .map(|(_, project)| project.trim().to_owned());
    match given {
        Some(project) if app.config.api.project_id_regex.matches(&project) => {
            let there = Layout {
                project: Some(project),
                ..layout
            };
            answer::go(choice, &there.messages())
        }
        refused => {
            let status = match refused {
                Some(_) => StatusCode::BAD_REQUEST,
                None => StatusCode::OK,
            };
            answer::private(status, choice, Home { layout, refused }.html())
        }
    }
}
