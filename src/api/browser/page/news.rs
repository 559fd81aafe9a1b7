//! `GET /v3/{project_id}/messages/-/news`: how many messages are new since a list was loaded, and how many are unread.
//!
//! A message may be committed a moment after its time, so the count starts some seconds earlier and subtracts what was
//! known.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::filters::ListQuery;
use super::selection::Selection;
use super::shown;
use super::visit::Visit;
use crate::api::browser::sign_in::form::Form;
use crate::api::connection;
use crate::api::error::Error;
use crate::api::volume::messages::{reader, states};
use crate::message::{Column, Condition, Position, Query, State, StateFilter, time};
use crate::page::{Filters, words};
use crate::store::read_state::{self, ProjectUser};
use crate::store::{self, Read};

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
    let form = Form::parse(request.query_string().as_bytes());
    // Whatever their states, which are to be answered.
    let shown = asked.conditions(visit.choice.language);
    let rows = [
        Selection::of(form.all("id"), visit.scope(), shown),
        Selection::of(form.all("open").take(1), visit.scope(), Vec::new()),
    ];
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
        let is_done = asked.filters.state == StateFilter::Done.name();
        let is_direct = list.is_direct() && rows.iter().all(Selection::is_direct);
        let work = move |read: &mut Read<'_>| {
            let count = count(read, &list, from, known)?;
            let shown: Vec<Condition> = list.conditions.iter().chain(&state).cloned().collect();
            let standing = whose
                .as_ref()
                .map(|whose| Standing::read(read, whose, &shown, &rows, is_done));
            Ok((count, standing.transpose()?))
        };
        let (count, standing) = if is_direct {
            visit.app.store.read(work).await?
        } else {
            connection::end_with_client(&request);
            visit.app.store.search(&visit.scope(), work).await?
        };
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
                "states": standing.as_ref().and_then(|standing| standing.states.as_ref()),
            })
            .to_string(),
        ))
}

/// What a list says of states.
struct Standing {
    /// The number of unread messages, as the title shows it; empty if there are none.
    unread: String,
    /// The state of each row that was asked for and exists; none if they could not be looked up in time.
    states: Option<BTreeMap<String, &'static str>>,
}

impl Standing {
    fn read(
        read: &mut Read<'_>,
        whose: &ProjectUser,
        shown: &[Condition],
        rows: &[Selection],
        is_done: bool,
    ) -> Result<Self, store::Error> {
        let unread = states::count(read, whose, shown, MOST_COUNTED)?;
        let mut states = BTreeMap::new();
        let found = rows.iter().try_for_each(|rows| {
            states.extend(states_of(read, whose, rows, is_done)?);
            Ok(())
        });
        let states = match found {
            Err(store::Error::Exhausted(_)) => None,
            found => found.map(|()| Some(states))?,
        };
        let more = if unread.is_more { "+" } else { "" };
        Ok(Self {
            unread: match unread.count {
                0 => String::new(),
                count => format!("{count}{more}"),
            },
            states,
        })
    }
}

/// The state of each row: of a group, unread if any message is. A row is in the inbox as long as any of its messages is, and in a
/// list of what `is_done` as long as any of them is done.
fn states_of(
    read: &mut Read<'_>,
    whose: &ProjectUser,
    rows: &Selection,
    is_done: bool,
) -> Result<BTreeMap<String, &'static str>, store::Error> {
    let mut there: Vec<(usize, Position)> = Vec::new();
    rows.visit(read, |row, message| there.push((row, message.position())))?;
    let positions: Vec<Position> = there.iter().map(|(_, position)| *position).collect();
    let states = read_state::states_among(read, whose, &positions)?;
    // In the order of their numbers, unread messages come first and done ones last.
    let rank = |state: State| {
        if is_done && state == State::Done {
            -1
        } else {
            state.number()
        }
    };
    let mut of_rows: BTreeMap<usize, State> = BTreeMap::new();
    for (row, position) in there {
        let state = states.get(&position.id).copied().unwrap_or(State::Unread);
        let before = of_rows.get(&row).copied().unwrap_or(state);
        of_rows.insert(row, if rank(state) < rank(before) { state } else { before });
    }
    let texts = rows.texts();
    let named = of_rows.into_iter().filter_map(|(row, state)| {
        let text = texts.get(row)?;
        Some((text.clone(), state.name()))
    });
    Ok(named.collect())
}
