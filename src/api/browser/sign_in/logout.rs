//! `POST /v3/{project_id}/messages/-/logout`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::login::set_cookie;
use super::redirect::{NO_PROJECT, below, see_other};
use super::{session, session_cookie};
use crate::api::app::App;
use crate::api::browser::page::csrf;
use crate::api::error::Error;
use crate::api::target::Target;

/// Ends the session on every server, and revokes its tokens.
pub async fn leave(request: HttpRequest, app: Data<App>, payload: Payload) -> Result<HttpResponse, Error> {
    let form = Form::read(&request, payload, &app).await?;
    csrf::check(&request, form.get("csrf"))?;
    if let Some(id) = session_cookie::shown(&request, &app) {
        let target = Target::of(&request);
        let session = session::of(&request, &app, &target).await?;
        app.sessions.end(id).await?;
        if let Some(session) = session {
            let app = app.clone();
            // The session is over whatever Keystone answers.
            actix_web::rt::spawn(async move { app.identity.sign_out(&session.tokens).await });
        }
    }
    let mut response = see_other(&app, &below(NO_PROJECT, "login", None));
    set_cookie(&mut response, session_cookie::take(&request, &app));
    Ok(response)
}
