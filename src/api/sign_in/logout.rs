//! `POST /v3/{project_id}/messages/-/logout`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::form::Form;
use super::lead::{NO_PROJECT, below, see_other};
use super::login::set_cookie;
use super::{cookie, session};
use crate::api::app::App;
use crate::api::error::Error;
use crate::api::page::csrf;

/// Ends the session, here and on every other server, and has Keystone forget its tokens.
pub async fn leave(request: HttpRequest, app: Data<App>, payload: Payload) -> Result<HttpResponse, Error> {
    let form = Form::read(&request, payload, &app).await?;
    csrf::check(&request, form.get("csrf"))?;
    if let Some(id) = cookie::shown(&request, &app) {
        let session = session::of(&request, &app).await?;
        app.sessions.end(id).await?;
        if let Some(session) = session {
            let app = app.clone();
            // The session is over whatever Keystone says, and nobody waits for that.
            actix_web::rt::spawn(async move { app.identity.sign_out(&session.tokens).await });
        }
    }
    let mut response = see_other(&app, &below(NO_PROJECT, "login", None));
    set_cookie(&mut response, cookie::take(&request, &app));
    Ok(response)
}
