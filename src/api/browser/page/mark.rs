//! `POST /v3/{project_id}/messages/-/read`: the forms that mark messages as read. Programs and scripts use PUT.

use std::time::Duration;

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use tokio::time::Instant;
use uuid::Uuid;

use super::filters::ListQuery;
use super::selection::{MOST, Selection};
use super::unread::{self, MOST_LOOKED_AT, MOST_MARKED};
use super::visit::Visit;
use super::{answer, csrf};
use crate::api::browser::sign_in::form::Form;
use crate::api::error::Error;
use crate::api::volume::messages::reader;
use crate::message::Condition;
use crate::store;
use crate::store::read_state::{self, ProjectUser, Seen};

/// How long one form may mark messages. A stretch that has begun is completed.
const LONGEST: Duration = Duration::from_secs(10);

/// Marks messages and redirects to the list.
pub async fn submit(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    let form = Form::read(&request, payload, &visit.app).await?;
    csrf::check(&request, form.get("csrf"))?;
    visit.allow()?;
    let reader = reader::of(&visit.caller)?;
    let asked = ListQuery::parse(form.get("list"));
    if asked.is_bad() {
        return Err(Error::BadRequest(
            "list: since and before must be times.".to_owned(),
        ));
    }
    let shown = asked.conditions(visit.choice.language);
    let mut back = asked.place();
    match seen(&form)? {
        None => mark_ids(&visit, &reader, selected(&visit, &form, shown).await?).await?,
        Some(seen) if shown.is_empty() => {
            let now = visit.app.clock.now();
            let write = visit
                .app
                .store
                .write(move |tx| read_state::mark_until(tx, &reader, seen, now));
            write.await?;
        }
        Some(seen) => {
            let marked = mark_list(&visit, &reader, &shown, seen).await?;
            back = asked.filters.query_with("marked", &marked.to_string());
        }
    }
    Ok(answer::go(visit.choice, &visit.layout(&request).list(back)))
}

/// What the page showed, if the form is about the whole list.
fn seen(form: &Form) -> Result<Option<Seen>, Error> {
    let until = form.get("until");
    if until.is_empty() {
        return Ok(None);
    }
    let turn = form.get("turn").parse().unwrap_or(0);
    let until = reader::until(until)?;
    Ok(Some(Seen { until, turn }))
}

/// Marks the messages that a filtered list showed, a stretch at a time, and returns their number. Messages beyond the
/// bounds stay unread.
async fn mark_list(
    visit: &Visit,
    reader: &ProjectUser,
    shown: &[Condition],
    seen: Seen,
) -> Result<usize, Error> {
    let scope = visit.scope();
    let deadline = Instant::now() + LONGEST;
    let (mut marked, mut looked_at, mut after) = (0, 0, None);
    loop {
        let (whose, conditions) = (reader.clone(), shown.to_vec());
        let read = visit.app.store.search(&scope, move |read| {
            unread::stretch(read, &whose, &conditions, seen, after)
        });
        let mut stretch = match read.await {
            // Marks up to here count.
            Err(store::Error::Exhausted(_)) if after.is_some() => return Ok(marked),
            stretch => stretch?,
        };
        stretch.unread.truncate(MOST_MARKED - marked);
        looked_at += stretch.len;
        marked += stretch.unread.len();
        mark_ids(visit, reader, stretch.unread).await?;
        if marked == MOST_MARKED || looked_at >= MOST_LOOKED_AT || Instant::now() >= deadline {
            return Ok(marked);
        }
        match stretch.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let (whose, conditions) = (reader.clone(), shown.to_vec());
    let read = visit
        .app
        .store
        .search(&scope, move |read| unread::late(read, &whose, &conditions, seen));
    let mut late = match read.await {
        Err(store::Error::Exhausted(_)) if marked > 0 => return Ok(marked),
        late => late?,
    };
    late.truncate(MOST_MARKED - marked);
    marked += late.len();
    mark_ids(visit, reader, late).await?;
    Ok(marked)
}

/// Marks messages, in several transactions.
async fn mark_ids(visit: &Visit, reader: &ProjectUser, ids: Vec<Uuid>) -> Result<(), Error> {
    for chunk in ids.chunks(MOST) {
        let (whose, chunk) = (reader.clone(), chunk.to_vec());
        let write = visit
            .app
            .store
            .write(move |tx| read_state::mark(tx, &whose, &chunk));
        write.await?;
    }
    Ok(())
}

/// The selected messages of a form.
async fn selected(visit: &Visit, form: &Form, shown: Vec<Condition>) -> Result<Vec<Uuid>, Error> {
    // Messages that the list does not show cannot be selected.
    let selection = Selection::of(form, visit.scope(), shown);
    let read = selection.read(&visit.app.store, |read, selection| {
        let mut ids: Vec<Uuid> = Vec::new();
        selection.visit(read, |_, row| ids.push(row.id))?;
        Ok(ids)
    });
    Ok(read.await?)
}
