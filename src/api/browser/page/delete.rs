//! `/v3/{project_id}/messages/-/delete`: asks for confirmation, and deletes.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use uuid::Uuid;

use super::filters::ListQuery;
use super::row_view::RowView;
use super::selection::{MOST, Selection};
use super::visit::Visit;
use super::{answer, csrf, shown};
use crate::api::browser::sign_in::form::Form;
use crate::api::connection;
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::identity::Rule;
use crate::page::Item;
use crate::page::delete::Delete;
use crate::store::{self, Read};
use crate::telemetry::RequestId;

/// Asks whether to delete the selection.
pub async fn ask(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    // The question shows the messages.
    visit.may(Rule::MessageGet)?;
    let form = Form::parse(request.query_string().as_bytes());
    let view = visit.view(visit.app.clock.now());
    let asked = ListQuery::parse(form.get("list"));
    let shown = shown::of_rows(&visit, &asked, &form).await?;
    let selection = Selection::of(form.all("id"), visit.scope(), shown);
    if !selection.is_direct() {
        connection::end_with_client(&request);
    }
    let read = selection.read(&visit.app.store, move |read, selection| {
        chosen(read, &view, selection)
    });
    let html = Delete {
        layout: visit.layout(&request),
        chosen: read.await?,
        list: list(&form),
    }
    .html();
    Ok(answer::private(StatusCode::OK, visit.choice, html))
}

/// Deletes messages and redirects to the list.
pub async fn delete(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    let form = Form::read(&request, payload, &visit.app).await?;
    csrf::check(&request, form.get("csrf"))?;
    let ids: Vec<Uuid> = form.all("id").filter_map(canonical_uuid).take(MOST).collect();
    let scope = visit.scope();
    let (reporter, now) = (visit.app.reporter.clone(), visit.app.clock.now());
    let request_id = request.extensions().get::<RequestId>().copied();
    let deleted = visit.app.store.write(move |tx| {
        let request_id = request_id.as_ref().map(RequestId::as_str);
        store::message::delete_all(tx, &scope, &ids, &reporter, request_id, now)
    });
    let deleted = u64::try_from(deleted.await?).unwrap_or(0);
    visit.app.metrics.rows.deleted.inc_by(deleted);
    visit.app.hub.changed(&visit.project, None);
    let layout = visit.layout(&request);
    let query = ListQuery::parse(&list(&form))
        .filters
        .query_with("deleted", &deleted.to_string());
    Ok(answer::go(visit.choice, &layout.list(query)))
}

/// The selected messages that still exist, each with the ids of its repeats.
fn chosen(
    read: &mut Read<'_>,
    view: &RowView,
    selection: &Selection,
) -> Result<Vec<(Item, Vec<String>)>, store::Error> {
    let mut chosen: Vec<Option<(Item, Vec<String>)>> = Vec::new();
    chosen.resize_with(selection.len(), || None);
    selection.visit(read, |tick, row| match &mut chosen[tick] {
        Some((item, ids)) => {
            ids.push(row.id.to_string());
            item.first = view.moment(row.created_at);
            item.count += 1;
        }
        none => *none = Some((view.item(row), vec![row.id.to_string()])),
    })?;
    Ok(chosen.into_iter().flatten().collect())
}

/// The list to return to. Writing its filters anew drops everything else.
fn list(form: &Form) -> String {
    ListQuery::parse(form.get("list")).filters.query()
}
