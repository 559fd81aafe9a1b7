//! `/v3/{project_id}/messages/-/delete`: the question that names what would be deleted, and the deletion.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use uuid::Uuid;

use crate::api::browser::page::answer;
use crate::api::browser::page::csrf;
use crate::api::browser::page::filters::Asked;
use crate::api::browser::page::row_view::RowView;
use crate::api::browser::page::ticks::MOST;
use crate::api::browser::page::ticks::Ticks;
use crate::api::browser::page::visit::Visit;
use crate::api::browser::sign_in::form::Form;
use crate::api::connection;
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::event::Origin;
use crate::identity::Rule;
use crate::page::Item;
use crate::page::delete::Delete;
use crate::store::{self, Read};
use crate::telemetry::RequestId;

/// Asks whether to delete what is selected.
pub async fn ask(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    // The names are shown, which takes the right to see them.
    visit.may(Rule::MessageGet)?;
    let form = Form::parse(request.query_string().as_bytes());
    let view = visit.view(visit.app.clock.now());
    let shown = Asked::parse(form.get("list")).conditions(view.language);
    let ticks = Ticks::of(&form, visit.scope(), shown);
    if !ticks.is_direct() {
        connection::end_with_client(&request);
    }
    let read = ticks.read(&visit.app.store, move |read, ticks| chosen(read, &view, ticks));
    let html = Delete {
        layout: visit.layout(&request),
        chosen: read.await?,
        list: list(&form),
    }
    .html();
    Ok(answer::private(StatusCode::OK, visit.choice, html))
}

/// Deletes what was named, and goes back to the list.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    let form = Form::read(&request, payload, &visit.app).await?;
    csrf::check(&request, form.get("csrf"))?;
    // Each once: of a repeated one the second would count as gone.
    let ids: BTreeSet<Uuid> = form.all("id").filter_map(canonical_uuid).take(MOST).collect();
    let scope = visit.scope();
    let (reporter, now) = (visit.app.reporter.clone(), visit.app.clock.now());
    let request_id = request.extensions().get::<RequestId>().copied();
    let deleted = visit.app.store.write(move |tx| {
        let mut deleted: u64 = 0;
        for id in &ids {
            let tell = |project: &str| {
                let origin = Origin {
                    project_id: Some(project),
                    request_id: request_id.as_ref().map(RequestId::as_str),
                };
                reporter.deleted(*id, origin, now)
            };
            match store::message::delete(tx, &scope, *id, tell) {
                Ok(()) => deleted += 1,
                // Somebody else was faster, or purge.
                Err(store::Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(deleted)
    });
    let deleted = deleted.await?;
    visit.app.metrics.rows.deleted.inc_by(deleted);
    let layout = visit.layout(&request);
    let query = Asked::parse(&list(&form))
        .filters
        .query_with("deleted", &deleted.to_string());
    Ok(answer::go(visit.choice, &layout.list(query)))
}

/// What is selected and still there, each with the ids of all that it stands for.
fn chosen(
    read: &mut Read<'_>,
    view: &RowView,
    ticks: &Ticks,
) -> Result<Vec<(Item, Vec<String>)>, store::Error> {
    let mut chosen: Vec<Option<(Item, Vec<String>)>> = Vec::new();
    chosen.resize_with(ticks.len(), || None);
    ticks.visit(read, |tick, row| match &mut chosen[tick] {
        Some((item, ids)) => {
            ids.push(row.id.to_string());
            item.first = view.moment(row.created_at);
            item.count += 1;
        }
        none => *none = Some((view.item(row), vec![row.id.to_string()])),
    })?;
    Ok(chosen.into_iter().flatten().collect())
}

/// The list to go back to: its filters, written anew, so that nothing else gets into the address.
fn list(form: &Form) -> String {
    Asked::parse(form.get("list")).filters.query()
}
