//! `GET /v3/messages` in a browser.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};

use super::asked::Asked;
use super::figures::Found;
use super::operator::operator;
use super::panels;
use crate::api::browser::page::answer;
use crate::api::browser::page::language::Choice;
use crate::api::browser::page::visit::layout_for;
use crate::api::connection;
use crate::api::error::Error;
use crate::catalog::services;
use crate::identity::Session;
use crate::message::{Kept, Scope};
use crate::page::overview::Overview;
use crate::page::words;

/// Answers the operators' view.
pub async fn show(request: HttpRequest) -> Result<HttpResponse, Error> {
    let (app, caller) = operator(&request)?;
    let choice = Choice::of(&request);
    let layout = layout_for(&request, &app, &caller, choice);
    let (now, language) = (app.clock.now(), choice.language);
    let kept = Kept::of(&app.config.statistics);
    let asked = Asked::parse(request.query_string(), now, kept);
    let (parsed, settled) = (asked.clone(), app.store.settled_before(now));
    connection::end_with_client(&request);
    let found = app.store.search(&Scope::All, move |read| {
        Found::read(read, &parsed, language, settled)
    });
    let found = found.await?;
    let status = match asked.bad {
        (false, false) => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    };
    let session = request.extensions().get::<Session>().cloned();
    let names = match &session {
        Some(session) => {
            let token = &session.tokens.current;
            app.identity.project_names(token, &found.projects()).await
        }
        None => HashMap::new(),
    };
    let mut services: Vec<_> = services()
        .iter()
        .map(|service| (service.name, words(language).service(service.prefix)))
        .collect();
    services.sort_unstable_by_key(|(_, title)| *title);
    let html = Overview {
        bad: asked.bad,
        services,
        figures: found.figures(&asked, &layout, &names, now),
        panels: panels::all(&app, &layout, asked.period, now).await?,
        filters: asked.filters,
        layout,
    }
    .html();
    Ok(answer::private(status, choice, html))
}
