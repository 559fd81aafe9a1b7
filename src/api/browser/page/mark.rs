//! `POST /v3/{project_id}/messages/-/read`: the forms that change states of messages. Programs and scripts use PUT.

use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::filters::ListQuery;
use super::selection::Selection;
use super::visit::Visit;
use super::{answer, csrf, recent, shown};
use crate::api::browser::sign_in::form::Form;
use crate::api::error::Error;
use crate::api::volume::messages::change_states::Changer;
use crate::api::volume::messages::{reader, states};
use crate::message::{Change, Condition};
use crate::page::{Extent, Notice, with_notice};
use crate::store::read_state::{Seen, Undo};

/// Unread messages are counted up to this number before all become read.
const MOST_COUNTED: u32 = 1000;

/// Changes states and redirects to the list, which offers to undo it.
pub async fn submit(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    let form = Form::read(&request, payload, &visit.app).await?;
    csrf::check(&request, form.get("csrf"))?;
    visit.allow()?;
    let asked = ListQuery::parse(form.get("list"));
    if asked.is_bad() {
        return Err(Error::BadRequest(
            "list: since and before must be times.".to_owned(),
        ));
    }
    let layout = visit.layout(&request);
    if form.get("change") == "delete" {
        return Ok(answer::go(
            visit.choice,
            &layout.delete(&asked.place(), form.all("id")),
        ));
    }
    let changer = Changer::new(&visit.app, reader::of(&visit.caller)?);
    let (change, one) = asked_change(&form);
    let mut extent = Extent::All;
    let (change, outcome) = match (form.get("undo"), seen(&form)?) {
        ("", None) => {
            let shown = shown::of_rows(&visit, &asked, &form).await?;
            let ids = selected(&visit, &form, one, shown).await?;
            if ids.is_empty() {
                extent = Extent::Nothing;
            }
            (Some(change), changer.ids(change, &ids).await?)
        }
        ("", Some(seen)) => {
            let mut shown = asked.conditions(visit.choice.language);
            shown.extend(shown::condition(&visit, &asked.filters).await?);
            let named = recent::parse(form.get("recent"))?;
            let mut outcome = if change == Change::Read && states::are_all_unread(&shown) {
                changer.all_read(seen, &named, MOST_COUNTED).await?
            } else {
                changer.list(change, &shown, seen, &named).await?
            };
            // There may have been more than the page could name.
            outcome.is_more |= named.len() == recent::MOST;
            (Some(change), outcome)
        }
        (undo, _) => {
            let undo = Undo::parse(undo);
            let undo = undo.ok_or_else(|| Error::bad_request("undo: must come from a page"))?;
            (None, changer.undo(undo).await?)
        }
    };
    if outcome.is_more {
        extent = Extent::Part;
    } else if outcome.is_least {
        extent = Extent::Counted;
    }
    let notice = Notice {
        count: i64::try_from(outcome.count).unwrap_or(i64::MAX),
        extent,
        change,
        undo: outcome.undo.map(|undo| undo.to_string()),
    };
    Ok(answer::go(
        visit.choice,
        &layout.list(with_notice(asked.place(), &notice)),
    ))
}

/// The change, and the tick of the row whose own button was pressed.
fn asked_change(form: &Form) -> (Change, Option<&str>) {
    let of_row = |name, change| {
        Some(form.get(name))
            .filter(|tick| !tick.is_empty())
            .map(|tick| (change, Some(tick)))
    };
    of_row("done", Change::Done)
        .or_else(|| of_row("undone", Change::Undone))
        .unwrap_or_else(|| {
            (
                Change::from_name(form.get("change")).unwrap_or(Change::Read),
                None,
            )
        })
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

/// The messages of one row, or the selected messages of a form.
async fn selected(
    visit: &Visit,
    form: &Form,
    one: Option<&str>,
    shown: Vec<Condition>,
) -> Result<Vec<Uuid>, Error> {
    // Messages that the list does not show cannot be selected.
    let selection = match one {
        Some(tick) => Selection::of(std::iter::once(tick), visit.scope(), shown),
        None => Selection::of(form.all("id"), visit.scope(), shown),
    };
    let read = selection.read(&visit.app.store, |read, selection| {
        let mut ids: Vec<Uuid> = Vec::new();
        selection.visit(read, |_, row| ids.push(row.id))?;
        Ok(ids)
    });
    Ok(read.await?)
}
