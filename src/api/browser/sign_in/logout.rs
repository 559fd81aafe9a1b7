//! `POST /v3/{project_id}/messages/-/logout`.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::api::app::App;
use crate::api::browser::page::csrf;
use crate::api::browser::sign_in::form::Form;
use crate::api::browser::sign_in::login::set_cookie;
use crate::api::browser::sign_in::redirect::NO_PROJECT;
use crate::api::browser::sign_in::redirect::below;
use crate::api::browser::sign_in::redirect::see_other;
use crate::api::browser::sign_in::session;
use crate::api::browser::sign_in::session_cookie as cookie;
use crate::api::error::Error;
use crate::api::target::Target;

/// Ends the session, here and on every other server, and has Keystone forget its tokens.
pub async fn leave(request: HttpRequest, app: Data<App>, payload: Payload) -> Result<HttpResponse, Error> {
    let form = Form::read(&request, payload, &app).await?;
    csrf::check(&request, form.get("csrf"))?;
    if let Some(id) = cookie::shown(&request, &app) {
        let target = Target::of(&request);
        let session = session::of(&request, &app, &target).await?;
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
