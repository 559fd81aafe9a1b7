//! `GET /v2/{project_id}/messages`.

use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::find::refusal;
use super::parameters::Parameters;
use super::view::{OBJECT_SIZE, View};
use crate::api::call::Call;
use crate::api::error::Error;
use crate::api::{connection, json};
use crate::message::Query;
use crate::store;

/// Rows for which a page's body has room from the start.
const ROOM: i64 = 100;

/// Answers a page of messages.
pub async fn list(request: HttpRequest, call: Call) -> Result<HttpResponse, Error> {
    call.allow()?;
    let parameters = Parameters::parse(request.query_string(), &call)?;
    let view = View::new(&call);
    let mut body = b"{\"messages\":[".to_vec();
    let mut last = None;
    if let Some(query) = &parameters.query {
        connection::end_with_client(&request);
        let read = read(&call, query.clone(), view.clone()).await;
        let (rows, full_at) =
            read.map_err(|error| refusal(error, parameters.marker.as_deref().unwrap_or_default()))?;
        body.extend_from_slice(&rows);
        last = full_at;
    }
    body.push(b']');
    if let Some(last) = last {
        let next = [&call.address("messages"), "?", &parameters.next(last)].concat();
        body.extend_from_slice(b",\"messages_links\":[{\"rel\":\"next\",\"href\":");
        json::string(&mut body, &next);
        body.extend_from_slice(b"}]");
    }
    body.push(b'}');
    Ok(view.answer(body))
}

/// Reads the rows as JSON, and the last one's id if the page is full.
async fn read(call: &Call, query: Query, view: View) -> Result<(Vec<u8>, Option<Uuid>), store::Error> {
    let scope = query.scope.clone();
    let search = call.app.store.search(&scope, move |read| {
        let room = usize::try_from(query.limit.min(ROOM)).unwrap_or(0);
        let (mut body, mut rows, mut last) = (Vec::with_capacity(room * OBJECT_SIZE), 0, None);
        store::message::list(read, &query, &mut |row| {
            if rows > 0 {
                body.push(b',');
            }
            view.row(&mut body, row);
            rows += 1;
            last = Some(row.id);
        })?;
        Ok((body, last.filter(|_| rows >= query.limit)))
    });
    search.await
}
