//! `GET /v3/{project_id}/messages/-/news`: how many messages are new since a list was loaded, and how many are unread.
//!
//! A message may be committed a moment after its time, so the count starts some seconds earlier and subtracts what was
//! known.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::filters::ListQuery;
use super::selection::MOST_TICKS;
use super::shown;
use super::visit::Visit;
use crate::api::connection;
use crate::api::error::Error;
use crate::api::volume::messages::{reader, states};
use crate::catalog::canonical_uuid;
use crate::message::{Column, Condition, Query, time};
use crate::page::{Filters, words};
use crate::store::read_state::{self, ProjectUser};
use crate::store::{self, Read};
use uuid::Uuid;

/// How much earlier the count starts, in microseconds.
const WINDOW: i64 = 10 * time::SECOND;

/// Unread messages are counted up to this number.
pub const MOST_COUNTED: u32 = 99;

/// Counts above this number are not distinguished.
const MOST: i64 = 99;

/// The query string with which a list, loaded at `now`, asks for news.
pub fn query(filters: &Filters, now: i64, known: i64) -> String {
    form_urlencoded::Serializer::new(filters.query())
        .append_pair("from", &now.to_string())
        .append_pair("known", &known.to_string())
        .finish()
}

/// Counts the messages of a list since shortly before `from` (microseconds since 1970), up to a little above `known`.
pub fn count(read: &mut Read<'_>, list: &Query, from: i64, known: i64) -> Result<i64, store::Error> {
    let mut query = Query::newest(list.scope.clone(), known.saturating_add(MOST + 1));
    query.conditions.clone_from(&list.conditions);
    let since = Condition::Since(Column::CreatedAt, from.saturating_sub(WINDOW));
    query.conditions.push(since);
    let mut count = 0;
    store::message::list(read, &query, &mut |_| count += 1)?;
    Ok(count)
}

/// Answers the number and its text.
pub async fn show(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    let number = |name: &str| {
        form_urlencoded::parse(request.query_string().as_bytes())
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse::<i64>().ok())
            .filter(|number| *number >= 0)
            .ok_or_else(|| Error::BadRequest(format!("{name} must be a whole number.")))
    };
    let (from, known) = (number("from")?, number("known")?.min(1000));
    let asked = ListQuery::parse(request.query_string());
    let query = asked.query(visit.scope(), visit.choice.language);
    let ids = form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(key, _)| key == "id")
        .filter_map(|(_, id)| canonical_uuid(&id))
        .take(MOST_TICKS)
        .collect::<Vec<Uuid>>();
    let whose = reader::of(&visit.caller).ok();
    let state = shown::condition(&visit, &asked.filters).await?;
    let (count, standing) = if asked.is_bad() {
        // The list is empty, so nothing is new.
        (0, None)
    } else {
        let list = Query {
            conditions: query.conditions,
            ..Query::newest(query.scope, 0)
        };
        let asked = list.clone();
        if !asked.is_direct() {
            connection::end_with_client(&request);
        }
        let read = visit.app.store.list(&asked, move |read| {
            let count = count(read, &list, from, known)?;
            let shown: Vec<Condition> = list.conditions.iter().chain(&state).cloned().collect();
            let standing = whose
                .as_ref()
                .map(|whose| Standing::read(read, whose, &shown, &ids));
            Ok((count, standing.transpose()?))
        });
        let (count, standing) = read.await?;
        ((count - known).max(0), standing)
    };
    let words = words(visit.choice.language);
    let text = match count {
        0 => String::new(),
        1..=MOST => words.news.of(count),
        _ => words.news_many.to_owned(),
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::VARY, "Accept-Language, Cookie"))
        .content_type("application/json")
        .body(
            serde_json::json!({
                "count": count,
                "text": text,
                "unread": standing.as_ref().map(|standing| &standing.unread),
                "states": standing.as_ref().map(|standing| &standing.states),
            })
            .to_string(),
        ))
}

/// What a list says of states.
struct Standing {
    /// The number of unread messages, as the title shows it; empty if there are none.
    unread: String,
    /// The state of each message that was asked for and exists.
    states: BTreeMap<String, &'static str>,
}

impl Standing {
    fn read(
        read: &mut Read<'_>,
        whose: &ProjectUser,
        shown: &[Condition],
        ids: &[Uuid],
    ) -> Result<Self, store::Error> {
        let unread = states::count(read, whose, shown, MOST_COUNTED)?;
        let there = read_state::positions(read, whose, ids)?;
        let states = read_state::states_among(read, whose, &there)?;
        let more = if unread.is_more { "+" } else { "" };
        Ok(Self {
            unread: match unread.count {
                0 => String::new(),
                count => format!("{count}{more}"),
            },
            states: states
                .into_iter()
                .map(|(id, state)| (id.to_string(), state.name()))
                .collect(),
        })
    }
}
