//! `GET /v3/{project_id}/messages` in a browser.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::answer;
use super::visit::Visit;
use crate::api::error::Error;
use crate::catalog::{Language, Stored};
use crate::identity::Rule;
use crate::message::Query;
use crate::page::Moment;
use crate::page::list::{Item, List};
use crate::store;
use crate::store::message::Row;

/// Answers a page of messages.
pub async fn list(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.may(Rule::MessageGetAll)?;
    let query = Query::newest(visit.scope(), 50);
    let (language, now) = (visit.choice.language, visit.app.clock.now());
    let items = visit
        .app
        .store
        .read(move |conn| {
            let mut items = Vec::new();
            store::message::list(conn, &query, &mut |row| items.push(item(row, language, now)))?;
            Ok(items)
        })
        .await?;
    let layout = visit.layout(&request);
    let html = List { layout, items }.html();
    Ok(answer::private(StatusCode::OK, visit.choice, html))
}

fn item(row: &Row, language: Language, now: i64) -> Item {
    let stored = Stored {
        event_id: row.event_id(),
        action_id: row.action_id(),
        detail_id: row.detail_id(),
        resource_type: row.resource_type(),
        parameters: row.parameters(),
    };
    let (mut text, mut remedy) = (String::new(), String::new());
    // Writing into memory does not fail.
    let _ = stored.write_prose(&mut text, language);
    let _ = stored.write_remedy(&mut remedy, language);
    Item {
        id: row.id.to_string(),
        text,
        remedy,
        last: Moment {
            at: row.created_at,
            now,
        },
    }
}
