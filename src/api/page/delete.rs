//! `/v3/{project_id}/messages/-/delete`: the question that names what would be deleted, and the deletion.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::filters::Asked;
use super::reader::Reader;
use super::visit::Visit;
use super::{answer, csrf};
use crate::api::body;
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::identity::Rule;
use crate::message::{Column, Condition, Query, Scope};
use crate::page::Item;
use crate::page::delete::Delete;
use crate::store;
use crate::store::backend::Conn;
use crate::store::message::Row;

/// Messages that are deleted at once at most.
const MOST: usize = 1000;

/// A tick in the list: the newest message and the oldest, which are one unless it stands for repeats.
type Tick = (Uuid, Uuid);

/// Asks whether to delete what is selected.
pub async fn ask(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.may(Rule::MessageDelete)?;
    // The names are shown, which takes the right to see them.
    visit.may(Rule::MessageGet)?;
    let form = pairs(request.query_string().as_bytes());
    let ticks: Vec<Tick> = values(&form, "id").filter_map(tick).take(MOST).collect();
    let (scope, reader) = (visit.scope(), visit.reader());
    let read = visit
        .app
        .store
        .read(move |conn| chosen(conn, &scope, &reader, &ticks));
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
    visit.may(Rule::MessageDelete)?;
    let limit = visit.app.config.api.max_request_body_size;
    let body = body::read(payload.into_inner(), &visit.app, limit).await?;
    let form = pairs(&body);
    csrf::check(&request, values(&form, "csrf").next().unwrap_or_default())?;
    let ids: Vec<Uuid> = values(&form, "id")
        .filter_map(canonical_uuid)
        .take(MOST)
        .collect();
    let scope = visit.scope();
    let deleted = visit.app.store.write(move |tx| {
        let mut deleted: u64 = 0;
        for id in &ids {
            match store::message::delete(tx, &scope, *id) {
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
    Ok(answer::go(
        visit.choice,
        &format!("{}?{query}", layout.messages()),
    ))
}

/// What is selected and still there, each with the ids of all that it stands for.
fn chosen(
    conn: &mut Conn,
    scope: &Scope,
    reader: &Reader,
    ticks: &[Tick],
) -> Result<Vec<(Item, Vec<String>)>, store::Error> {
    let mut chosen: Vec<(Item, Vec<String>)> = Vec::new();
    let mut count = 0;
    for (newest, oldest) in ticks {
        let row = match store::message::show(conn, scope, *newest) {
            Ok(row) => row,
            Err(store::Error::NotFound) => continue,
            Err(error) => return Err(error),
        };
        let mut item = reader.item(&row);
        let mut ids = vec![item.id.clone()];
        if newest != oldest {
            repeats(conn, scope, &row, *oldest, &mut |repeat| {
                if count + ids.len() < MOST {
                    ids.push(repeat.id.to_string());
                    item.first = reader.moment(repeat.created_at);
                    item.count += 1;
                }
            })?;
        }
        if count + ids.len() > MOST {
            break;
        }
        count += ids.len();
        chosen.push((item, ids));
    }
    Ok(chosen)
}

/// The messages that say the same as `newest` of the same resource, back to the oldest.
fn repeats(
    conn: &mut Conn,
    scope: &Scope,
    newest: &Row,
    oldest: Uuid,
    visit: &mut dyn FnMut(&Row),
) -> Result<(), store::Error> {
    let (Some(resource), Ok(oldest)) = (newest.resource_uuid(), store::message::show(conn, scope, oldest))
    else {
        return Ok(());
    };
    let query = Query {
        conditions: vec![
            Condition::Equals(Column::EventId, newest.event_id().to_owned()),
            Condition::Equals(Column::ResourceUuid, resource.to_owned()),
            Condition::Since(Column::CreatedAt, oldest.created_at),
        ],
        marker: Some(newest.id),
        ..Query::newest(scope.clone(), i64::try_from(MOST).unwrap_or(i64::MAX))
    };
    store::message::list(conn, &query, visit)
}

fn tick(value: &str) -> Option<Tick> {
    let (newest, oldest) = value.split_once('_').unwrap_or((value, value));
    Some((canonical_uuid(newest)?, canonical_uuid(oldest)?))
}

/// The list to go back to: its filters, written anew, so that nothing else gets into the address.
fn list(form: &[(String, String)]) -> String {
    let given = values(form, "list").next().unwrap_or_default();
    Asked::parse(given).filters.query()
}

fn pairs(form: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(form).into_owned().collect()
}

fn values<'a>(form: &'a [(String, String)], name: &'a str) -> impl Iterator<Item = &'a str> {
    form.iter()
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}
