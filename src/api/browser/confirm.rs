//! `GET` and `POST /v3/{project_id}/messages/-/confirm`: where recipients confirm that they want the events of a project. The token in
//! the link is all that identifies them.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::page::answer;
use super::page::language::Choice;
use super::page::visit::layout;
use super::sign_in::form::Form;
use crate::api::app::App;
use crate::api::error::Error;
use crate::listener::{Confirmation, ConfirmationState, ConfirmationToken};
use crate::page::confirm::{ConfirmPage, Question};
use crate::store::confirmation::Decision;

/// Asks, and changes nothing: programs that scan mails follow links.
pub async fn show(request: HttpRequest, app: Data<App>) -> Result<HttpResponse, Error> {
    let query = Form::parse(request.query_string().as_bytes());
    let found = match ConfirmationToken::parse(query.get("token")) {
        Some(token) => app.confirmations.find(&token).await?,
        None => None,
    };
    Ok(page(&request, &app, found.as_ref(), query.get("token")))
}

/// Notes what the recipient decides.
pub async fn decide(request: HttpRequest, app: Data<App>, payload: Payload) -> Result<HttpResponse, Error> {
    let form = Form::read(&request, payload, &app).await?;
    let decision = match form.get("decision") {
        "confirm" => Decision::Confirm,
        "refuse" => Decision::Refuse,
        _ => return Err(Error::bad_request("decision: must be confirm or refuse")),
    };
    let decided = match ConfirmationToken::parse(form.get("token")) {
        Some(token) => app.confirmations.decide(&token, decision).await?,
        None => None,
    };
    Ok(page(&request, &app, decided.as_ref(), form.get("token")))
}

/// The page for what is known. Its address contains the token, so it is hidden from other sites.
fn page(request: &HttpRequest, app: &App, found: Option<&Confirmation>, token: &str) -> HttpResponse {
    let choice = Choice::of(request);
    let (status, question) = match found.map(|found| (found.state, found.is_expired(app.clock.now()))) {
        None => (StatusCode::NOT_FOUND, Question::Unknown),
        Some((ConfirmationState::Confirmed, _)) => (StatusCode::OK, Question::Confirmed),
        Some((ConfirmationState::Refused, is_expired)) => (StatusCode::OK, Question::Refused { is_expired }),
        Some((_, true)) => (StatusCode::GONE, Question::Expired),
        Some((_, false)) => (StatusCode::OK, Question::Open),
    };
    let page = ConfirmPage {
        layout: layout(request, app, choice),
        question,
        project: found.map(|found| found.project.clone()).unwrap_or_default(),
        address: found.map(|found| found.address.clone()).unwrap_or_default(),
        token: token.to_owned(),
    };
    answer::private(status, choice, page.html())
}
