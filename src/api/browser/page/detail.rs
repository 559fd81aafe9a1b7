//! `GET /v3/{project_id}/messages/{id}` in a browser.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::collect::group_around;
use super::filters::ListQuery;
use super::row_view::{RowView, stored};
use super::visit::Visit;
use super::{answer, kind, list};
use crate::api::connection;
use crate::api::error::Error;
use crate::api::message_id::id_in;
use crate::api::volume::messages::reader;
use crate::identity::Rule;
use crate::message::{Column, Condition, Position, Query, Scope, State};
use crate::page::detail::{Detail, Step};
use crate::page::list::List;
use crate::page::{Item, Level};
use crate::store::message::MessageRow;
use crate::store::read_state;
use crate::store::{self, Read};

/// Most other messages of the same request, and of the same resource.
const MOST: i64 = 50;

/// Answers one message.
pub async fn show(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    let (id, text) = id_in(&request)?;
    let id = id.ok_or_else(|| Error::no_message(&text))?;
    let now = visit.app.clock.now();
    let (scope, view) = (visit.scope(), visit.view(now));
    // Without the right to list, only the message itself is shown.
    let has_others = visit.may(Rule::MessageGetAll).is_ok();
    let whose = reader::of(&visit.caller).ok().filter(|_| has_others);
    let asked = scope.clone();
    let read = visit.app.store.read(move |conn| {
        let row = store::message::show(conn, &asked, id)?;
        let at = Position {
            created_at: row.created_at,
            id: row.id,
        };
        let state = match &whose {
            Some(whose) => read_state::states_among(conn, whose, &[at])?.get(&at.id).copied(),
            None => None,
        };
        Ok((row, state))
    });
    let (row, state) = read.await.map_err(|error| match error {
        store::Error::NotFound => Error::no_message(&text),
        error => error.into(),
    })?;
    let alone = Item {
        is_unread: state == Some(State::Unread),
        is_done: state == Some(State::Done),
        ..view.item(&row)
    };
    let is_retryable = stored(&row).retryable().unwrap_or(false);
    let asked = ListQuery::parse(request.query_string());
    let content = if has_others && !asked.is_bad() {
        // The message itself can be shown in any case.
        list::find(&request, &visit, &asked, now).await.ok()
    } else {
        None
    };
    let listed = content.as_ref().and_then(|content| content.row_of(id)).cloned();
    let is_listed = listed.is_some();
    let (timeline, around) = if has_others {
        connection::end_with_client(&request);
        let is_group = !is_listed && !asked.filters.each;
        search(&visit, scope, row, view, is_group).await?
    } else {
        (Some(Vec::new()), None)
    };
    let group = listed.or(around).unwrap_or_else(|| alone.clone());
    let page = List {
        open: Some(Detail {
            selection: group.selection(),
            is_listed,
            state: state.map(|_| match (group.is_unread, group.is_done) {
                (true, _) => State::Unread,
                (false, true) => State::Done,
                (false, false) => State::Read,
            }),
            item: Item {
                count: group.count,
                first: group.first,
                ..alone
            },
            is_retryable,
            timeline,
        }),
        ..list::page(&request, &visit, asked, content, now)
    };
    Ok(answer::private(StatusCode::OK, visit.choice, page.html()))
}

/// Searches for the timeline and, if `is_group`, for the message's repeats; nothing where that takes too long or is unavailable,
/// as the message itself can be shown.
async fn search(
    visit: &Visit,
    scope: Scope,
    row: MessageRow,
    view: RowView,
    is_group: bool,
) -> Result<(Option<Vec<Step>>, Option<Item>), Error> {
    let (asked, whose) = (scope.clone(), reader::of(&visit.caller).ok());
    let read = visit.app.store.search(&asked, move |conn| {
        let steps = timeline(conn, &scope, &row, &view)?;
        let group = if is_group {
            group_around(conn, scope.clone(), &row, &view, whose.as_ref())?
        } else {
            None
        };
        Ok((Some(steps), group))
    });
    match read.await {
        Err(store::Error::Exhausted(_) | store::Error::Busy(_) | store::Error::Unavailable(_)) => {
            Ok((None, None))
        }
        found => Ok(found?),
    }
}

/// The messages of the same request or resource, in the order of time.
fn timeline(
    read: &mut Read<'_>,
    scope: &Scope,
    row: &MessageRow,
    view: &RowView,
) -> Result<Vec<Step>, store::Error> {
    let mut steps = BTreeMap::from([((row.created_at, row.id), step(row, row, view))]);
    let request = Condition::Equals(Column::RequestId, row.request_id().to_owned());
    let mut questions = vec![vec![request]];
    if let Some(resource) = row.resource_uuid().filter(|id| !id.is_empty()) {
        let mut conditions = vec![Condition::Equals(Column::ResourceUuid, resource.to_owned())];
        // Names are unique among resources of one type only.
        conditions.extend(row.resource_type().map(kind::condition));
        questions.push(conditions);
    }
    for conditions in questions {
        let query = Query {
            conditions,
            ..Query::newest(scope.clone(), MOST)
        };
        store::message::list(read, &query, &mut |other| {
            steps
                .entry((other.created_at, other.id))
                .or_insert_with(|| step(other, row, view));
        })?;
    }
    Ok(steps.into_values().collect())
}

fn step(row: &MessageRow, of: &MessageRow, view: &RowView) -> Step {
    let is_about_something = row.resource_uuid().is_some_and(|id| !id.is_empty());
    Step {
        id: row.id.to_string(),
        level: Level(row.message_level().to_owned()),
        text: view.text(row),
        at: view.moment(row.created_at),
        is_this: row.id == of.id,
        is_same_request: row.request_id() == of.request_id(),
        is_same_resource: is_about_something
            && row.resource_uuid() == of.resource_uuid()
            && row.resource_type().map(kind::of) == of.resource_type().map(kind::of),
    }
}
