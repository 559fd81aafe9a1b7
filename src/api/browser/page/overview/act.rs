//! `POST /v3/messages/-/listeners/{id}/{action}`: the buttons of the operators' view.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Map;
use uuid::Uuid;

use super::operator::operator;
use crate::api::app::App;
use crate::api::browser::page::language::Choice;
use crate::api::browser::page::visit::root;
use crate::api::browser::page::{answer, csrf};
use crate::api::browser::service::PAGES;
use crate::api::browser::sign_in::form::Form;
use crate::api::call::allow;
use crate::api::error::Error;
use crate::api::volume::listeners::{access, redeliver, refusal};
use crate::catalog::canonical_uuid;
use crate::identity::Rule;
use crate::store::{self, delivery};

/// Dead letters that one press delivers again.
const MOST: i64 = 100;

/// Enables or disables a listener, or delivers its newest dead letters again, and leads back.
pub async fn press(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let (app, caller) = operator(&request)?;
    let form = Form::read(&request, payload, &app).await?;
    csrf::check(&request, form.get("csrf"))?;
    let id = request.match_info().get("id").and_then(canonical_uuid);
    let id = id.ok_or_else(Error::no_route)?;
    let rule = match request.match_info().get("action") {
        Some("enable" | "disable") => Rule::ListenerUpdate,
        Some("redeliver") => Rule::ListenerRedeliver,
        _ => return Err(Error::no_route()),
    };
    let refuse = |error| refusal::of_listener(error, &id.to_string());
    let stored = app
        .registrar
        .stored(id)
        .await
        .map_err(|error| refuse(error.into()))?;
    if !access::is_visible(app.policy.is_admin(&caller), caller.project.as_deref(), &stored) {
        return Err(refusal::missing(&id.to_string()));
    }
    allow(&app, Some(rule), &caller, stored.reach.project())?;
    if rule == Rule::ListenerRedeliver {
        redeliver_dead(&app, id).await?;
    } else {
        let is_enabled = request.match_info().get("action") == Some("enable");
        let changes = Map::from_iter([("enabled".to_owned(), is_enabled.into())]);
        app.registrar.update(id, &changes).await.map_err(refuse)?;
    }
    let page = format!(
        "{}{}/messages{}#panels",
        root(&app),
        PAGES.prefix,
        filters(form.get("next"))
    );
    Ok(answer::go(Choice::of(&request), &page))
}

/// Delivers the newest dead letters of a listener again, as far as more deliveries may wait for it.
async fn redeliver_dead(app: &App, id: Uuid) -> Result<(), Error> {
    let listener = app.registrar.show(id).await;
    let listener = listener.map_err(|error| refusal::of_listener(error, &id.to_string()))?;
    let terms = redeliver::terms(app, &listener, app.clock.now());
    let write = app.store.write(move |tx| {
        for letter in delivery::dead_letters(tx.conn(), id, MOST)? {
            match delivery::redeliver(tx, id, letter.event, terms) {
                Ok(_) => {}
                // No more may wait.
                Err(store::Error::Conflict(_)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    });
    Ok(write.await?)
}

/// The filters to return to, written anew.
fn filters(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    let mut filters = crate::page::OverviewFilters::default();
    for (key, value) in pairs {
        filters.set(&key, &value);
    }
    filters.address()
}
