//! `GET /v3/{project_id}/messages` in a browser.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use uuid::Uuid;

use super::collect::{Collected, collect};
use super::filters::{Edge, ListQuery};
use super::news::MOST_COUNTED;
use super::recent::Shown;
use super::visit::Visit;
use super::{answer, kind, news, shown, trend};
use crate::api::connection;
use crate::api::error::Error;
use crate::api::volume::messages::{reader, states};
use crate::catalog::{Language, services};
use crate::identity::Rule;
use crate::message::{Column, Condition, Query, State, time};
use crate::page::list::List;
use crate::page::trend::Trend;
use crate::page::{self, Extent, Item, Levels, Notice, words};
use crate::store::read_state::{self, ProjectUser, Unread, looks};
use crate::store::{self, Read};

/// The part of a list that comes from the store.
#[derive(Default)]
pub(super) struct Content {
    items: Vec<Item>,
    previous: Option<Edge>,
    next: Option<Edge>,
    is_gone: bool,
    /// The number of messages in the window of news.
    known: i64,
    unread: Option<(Unread, Shown)>,
    has_done: bool,
    levels: Option<Levels>,
    /// The id of each message, with the index of its item.
    rows: Vec<(Uuid, usize)>,
    trend: Option<Trend>,
}

impl Content {
    /// The row that a message belongs to.
    pub(super) fn row_of(&self, id: Uuid) -> Option<&Item> {
        let (_, index) = self.rows.iter().find(|(row, _)| *row == id)?;
        self.items.get(*index)
    }
}

/// Answers a page of messages.
pub async fn list(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    let asked = ListQuery::parse(request.query_string());
    let now = visit.app.clock.now();
    let found = if asked.is_bad() {
        Content::default()
    } else {
        find(&request, &visit, &asked, now).await?
    };
    let status = match (asked.is_bad(), found.is_gone) {
        (true, _) => StatusCode::BAD_REQUEST,
        (_, true) => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let html = page(&request, &visit, asked, Some(found), now).html();
    Ok(answer::private(status, visit.choice, html))
}

/// The page of a list; without one, only the frame.
pub(super) fn page(
    request: &HttpRequest,
    visit: &Visit,
    asked: ListQuery,
    found: Option<Content>,
    now: i64,
) -> List {
    let is_visible = found.is_some();
    let found = found.unwrap_or_default();
    let language = visit.choice.language;
    let services = services().iter().map(|service| service.prefix);
    List {
        is_visible,
        has_done: found.has_done,
        level_counts: found.levels,
        trend: found.trend.filter(|trend| !trend.is_empty()),
        open: None,
        services: services
            .map(|prefix| (prefix, words(language).service(prefix)))
            .collect(),
        layout: visit.layout(request),
        news: news::query(&asked.filters, now, found.known),
        bad: asked.bad,
        is_text_cut: asked.is_text_cut,
        is_cut: asked.is_cut,
        resource_types: resource_types(language),
        items: found.items,
        is_gone: found.is_gone,
        can_delete: visit.may(Rule::MessageDelete).is_ok(),
        deleted: asked.deleted,
        notice: asked.marked.map(|count| Notice {
            count,
            extent: asked.extent.unwrap_or(Extent::All),
            change: asked.change,
            undo: asked.undo.clone(),
        }),
        unread: found.unread.map(shown_unread),
        place: asked.place(),
        has_first: asked.marker.is_some() || asked.back.is_some(),
        previous: found.previous.map(|place| place.to_string()),
        next: found.next.map(|place| place.to_string()),
        filters: asked.filters,
    }
}

/// Reads a page of messages.
pub(super) async fn find(
    request: &HttpRequest,
    visit: &Visit,
    asked: &ListQuery,
    now: i64,
) -> Result<Content, Error> {
    if asked.is_nowhere {
        return Ok(Content {
            is_gone: true,
            ..Content::default()
        });
    }
    let view = visit.view(now);
    let recent = asked.query(visit.scope(), view.language);
    let mut query = recent.clone();
    query
        .conditions
        .extend(shown::condition(visit, &asked.filters).await?);
    let (size, each) = (visit.app.config.page.page_size, asked.filters.each);
    let (is_back, has_marker) = (asked.back.is_some(), asked.marker.is_some());
    let whose = reader::of(&visit.caller).ok();
    if !query.is_direct() {
        connection::end_with_client(request);
    }
    let listed = query.clone();
    let found = visit.app.store.list(&listed, move |conn| {
        let known = news::count(conn, &recent, view.now, 0)?;
        // Read before the rows: messages in between cannot be marked from this page.
        let seen = read_state::existing(conn, &view.project, view.now)?;
        let conditions = query.conditions.clone();
        let shown = match &whose {
            Some(whose) => Some(Shown::read(conn, whose, &conditions, seen, view.now)?),
            None => None,
        };
        let is_first = query.marker.is_none();
        let mut page = collect(conn, query.clone(), &view, size, each)?;
        let unread = match (&whose, shown) {
            (Some(whose), Some(shown)) => {
                Some((note_unread(conn, whose, &mut page, &conditions, is_first)?, shown))
            }
            _ => None,
        };
        let has_done = match &whose {
            Some(whose) if page.items.is_empty() => read_state::has_done(conn, whose)?,
            _ => false,
        };
        Ok(Content {
            known,
            unread,
            has_done,
            levels: count_levels(conn, &page, &query)?,
            ..place(page, is_back, has_marker)
        })
    });
    match found.await {
        Ok(found) => Ok(Content {
            trend: Some(trend::of(visit, &visit.layout(request), &asked.filters, now).await?),
            ..found
        }),
        Err(store::Error::NotFound) => Ok(Content {
            is_gone: true,
            ..Content::default()
        }),
        Err(error) => Err(error.into()),
    }
}

/// The page with its neighbours. A page that was read backwards is reversed.
fn place(page: Collected, is_back: bool, has_marker: bool) -> Content {
    let mut items = page.items;
    let mut rows: Vec<(Uuid, usize)> = page
        .rows
        .iter()
        .map(|(position, index)| (position.id, *index))
        .collect();
    let (first, last, has_previous, has_next) = if is_back {
        items.reverse();
        for (_, index) in &mut rows {
            *index = items.len() - 1 - *index;
        }
        (page.last, page.first, page.has_more, true)
    } else {
        (page.first, page.last, has_marker, page.has_more)
    };
    Content {
        items,
        rows,
        previous: first.filter(|_| has_previous).map(Edge::from),
        next: last.filter(|_| has_next).map(Edge::from),
        ..Content::default()
    }
}

/// Marks the unread items, and counts the unread messages of the whole list.
fn note_unread(
    conn: &mut Read<'_>,
    whose: &ProjectUser,
    page: &mut Collected,
    shown: &[Condition],
    is_first: bool,
) -> Result<Unread, store::Error> {
    let states = page.note_states(conn, whose)?;
    let among = states.values().filter(|state| **state == State::Unread).count();
    if is_first && !page.has_more {
        // The page is the whole list.
        return Ok(Unread::default().plus(among, MOST_COUNTED, false));
    }
    match states::count(conn, whose, shown, MOST_COUNTED) {
        // The list itself is found; count those on the page.
        Err(store::Error::Exhausted(_)) => Ok(Unread::default().plus(among, MOST_COUNTED, true)),
        counted => counted,
    }
}

/// Counts the messages of each level of a list, whatever level it is filtered by: the newest ones, and whether there may be more.
/// None if that takes too long.
fn count_levels(
    conn: &mut Read<'_>,
    page: &Collected,
    query: &Query,
) -> Result<Option<Levels>, store::Error> {
    let is_of_level = |condition: &Condition| matches!(condition, Condition::Equals(Column::MessageLevel, _));
    let is_filtered = query.conditions.iter().any(is_of_level);
    if query.marker.is_none() && !page.has_more && !is_filtered {
        // The page is the whole list.
        return Ok(Some(page.levels));
    }
    let conditions = query.conditions.iter().filter(|one| !is_of_level(one));
    let all = Query {
        conditions: conditions.cloned().collect(),
        ..Query::newest(query.scope.clone(), looks(MOST_COUNTED))
    };
    let (mut levels, mut rows) = (Levels::default(), 0);
    let listed = store::message::list(conn, &all, &mut |row| {
        rows += 1;
        levels.add(row.message_level());
    });
    levels.is_more = rows == all.limit;
    match listed {
        Err(store::Error::Exhausted(_)) => Ok(None),
        listed => listed.map(|()| Some(levels)),
    }
}

/// The unread count, as the page shows it.
fn shown_unread((unread, shown): (Unread, Shown)) -> page::list::Unread {
    page::list::Unread {
        count: i64::try_from(unread.count).unwrap_or(i64::MAX),
        is_more: unread.is_more,
        until: time::format(shown.seen.until),
        turn: shown.seen.turn,
        recent: shown.text(),
    }
}

/// The resource types, sorted by their texts.
fn resource_types(language: Language) -> Vec<(&'static str, &'static str)> {
    let resources = services().iter().flat_map(|service| service.resources);
    let resources = resources.filter(|resource| kind::of(resource.name) == resource.name);
    let mut types: Vec<_> = resources
        .map(|resource| (resource.name, resource.text(language)))
        .collect();
    types.sort_unstable_by_key(|(_, text)| *text);
    types
}
