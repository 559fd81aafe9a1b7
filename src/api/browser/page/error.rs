//! Errors as pages, for browsers.

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Data;

use super::language::Choice;
use super::visit::{self, layout};
use super::{answer, csrf};
use crate::api::accept::AnswerForm;
use crate::api::app::App;
use crate::api::browser::sign_in::redirect;
use crate::api::error::ErrorMark;
use crate::api::target::Target;
use crate::identity::Session;
use crate::page::Layout;
use crate::page::fault::ErrorPage;
use crate::telemetry::RequestId;

/// The response, or the page of its error for a browser.
pub fn shown(response: ServiceResponse<BoxBody>, id: &RequestId) -> ServiceResponse<BoxBody> {
    let request = response.request();
    let mark = response.response().extensions().get::<ErrorMark>().copied();
    let Some(mark) = mark else {
        return response;
    };
    let target = Target::of(request);
    if target.form != AnswerForm::Html {
        return response;
    }
    let Some(app) = request.app_data::<Data<App>>().cloned() else {
        return response;
    };
    let choice = Choice::of(request);
    // A session that just turned out to be over needs no sign-out.
    let is_over = response.status() == StatusCode::UNAUTHORIZED;
    let user = request
        .extensions()
        .get::<Session>()
        .filter(|_| !is_over)
        .map(|session| session.tokens.user.clone());
    let page = ErrorPage {
        layout: Layout {
            project: target
                .project
                .clone()
                .filter(|project| project != redirect::NO_PROJECT),
            csrf: user.as_ref().map_or_else(String::new, |_| csrf::token(request)),
            user,
            ..layout(request, &app, choice)
        },
        status: response.status().as_u16(),
        is_out_of_date: mark.is_out_of_date,
        is_exhausted: mark.is_exhausted,
        request_id: id.as_str().to_owned(),
        // Browsers are redirected there, unless they show a token.
        sign_in: is_over.then(|| {
            [
                &visit::root(&app),
                redirect::below(redirect::NO_PROJECT, "login", None).as_str(),
            ]
            .concat()
        }),
    };
    let mut answer = answer::private(response.status(), choice, page.html());
    // The headers of the error, such as Retry-After and those of CORS; the page's own take precedence.
    let own: Vec<_> = answer.headers().keys().cloned().collect();
    let is_list = |name: &HeaderName| [header::VARY, header::SET_COOKIE].contains(name);
    for (name, value) in response.headers() {
        if is_list(name) || !own.contains(name) {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(answer)
}
