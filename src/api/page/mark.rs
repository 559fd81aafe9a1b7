//! `POST /v3/{project_id}/messages/-/read`: the forms that note what has been read. Programs and scripts use PUT.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::filters::Asked;
use super::ticks::Ticks;
use super::visit::Visit;
use super::{answer, csrf};
use crate::api::error::Error;
use crate::api::messages::read;
use crate::api::sign_in::form::Form;
use crate::identity::Rule;
use crate::store::read_state;

/// Notes what the form says, and leads back to the list as it was.
pub async fn submit(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    let form = Form::read(&request, payload, &visit.app).await?;
    csrf::check(&request, form.get("csrf"))?;
    visit.may(Rule::MessageGetAll)?;
    let reader = read::reader_of(&visit.caller)?;
    let now = visit.app.clock.now();
    let until = form.get("until");
    let (until, ids) = if until.is_empty() {
        (None, selected(&visit, &form).await?)
    } else {
        (Some(read::time_of(until)?), Vec::new())
    };
    let write = visit.app.store.write(move |tx| match until {
        Some(until) => read_state::mark_until(tx, &reader, until, now),
        None => read_state::mark(tx, &reader, &ids),
    });
    write.await?;
    let back = Asked::parse(form.get("list")).place();
    Ok(answer::go(visit.choice, &visit.layout(&request).list(back)))
}

/// The messages that the ticks of a form stand for.
async fn selected(visit: &Visit, form: &Form) -> Result<Vec<Uuid>, Error> {
    // What the list does not show, nobody has ticked.
    let shown = Asked::parse(form.get("list")).conditions(visit.choice.language);
    let scope = visit.scope();
    let ticks = Ticks::of(form, scope.clone(), shown);
    let read = visit.app.store.search(&scope, move |read| {
        let mut ids: Vec<Uuid> = Vec::new();
        ticks.visit(read, |_, row| ids.push(row.id))?;
        Ok(ids)
    });
    Ok(read.await?)
}
