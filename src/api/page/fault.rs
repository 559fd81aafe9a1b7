//! Errors as pages, for those who asked for a page.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;

use super::language::Choice;
use super::visit::{self, layout};
use super::{answer, csrf};
use crate::api::accept;
use crate::api::app::App;
use crate::api::error::Refused;
use crate::api::sign_in::lead;
use crate::identity::Session;
use crate::page::Layout;
use crate::page::fault::Fault;
use crate::telemetry::RequestId;

/// The response as it is, or the page of its error.
pub fn shown(response: ServiceResponse<BoxBody>, id: &RequestId) -> ServiceResponse<BoxBody> {
    let request = response.request();
    let refused = response.response().extensions().get::<Refused>().copied();
    let Some(refused) = refused.filter(|_| accept::prefers_html(request.head())) else {
        return response;
    };
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return response;
    };
    let choice = Choice::of(request);
    // A session that was just found to be over is none to sign out of.
    let is_over = response.status() == StatusCode::UNAUTHORIZED;
    let user = request
        .extensions()
        .get::<Session>()
        .filter(|_| !is_over)
        .map(|session| session.tokens.user.clone());
    let page = Fault {
        layout: Layout {
            project: project_of(request.path(), &app),
            csrf: user.as_ref().map_or_else(String::new, |_| csrf::token(request)),
            user,
            ..layout(request, &app, choice)
        },
        status: response.status().as_u16(),
        is_out_of_date: refused.is_out_of_date,
        is_exhausted: refused.is_exhausted,
        request_id: id.as_str().to_owned(),
        // A browser is led there by itself, unless what it shows is a token.
        sign_in: is_over.then(|| {
            [
                &visit::root(&app),
                lead::below(lead::NO_PROJECT, "login", None).as_str(),
            ]
            .concat()
        }),
    };
    let mut answer = answer::private(response.status(), choice, page.html());
    // What the error itself says to the client, such as when to come back.
    for (name, value) in response.headers() {
        if !answer.headers().contains_key(name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(answer)
}

/// The project in the path, which need not have led to a route.
fn project_of(path: &str, app: &App) -> Option<String> {
    let project = path.strip_prefix("/v3/")?.split('/').next()?;
    let is_one = project != "-" && project != "messages" && app.config.api.project_id_regex.matches(project);
    is_one.then(|| project.to_owned())
}
