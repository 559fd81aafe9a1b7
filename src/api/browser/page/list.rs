//! `GET /v3/{project_id}/messages` in a browser.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::api::browser::page::answer;
use crate::api::browser::page::collect::Collected;
use crate::api::browser::page::collect::collect;
use crate::api::browser::page::filters::Asked;
use crate::api::browser::page::filters::Place;
use crate::api::browser::page::news;
use crate::api::browser::page::unread;
use crate::api::browser::page::visit::Visit;
use crate::api::connection;
use crate::api::error::Error;
use crate::api::volume::messages::reader;
use crate::catalog::{Language, services};
use crate::identity::Rule;
use crate::message::{Condition, Position, time};
use crate::page::list::List;
use crate::page::{self, Item};
use crate::store::read_state::{self, ProjectUser, Seen, Unread};
use crate::store::{self, Read};

/// More unread messages than these are not told apart.
const MOST_COUNTED: u32 = 99;

/// What of a list depends on the store.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    previous: Option<Place>,
    next: Option<Place>,
    is_gone: bool,
    /// How many of the newest there are already.
    known: i64,
    unread: Option<(Unread, Seen)>,
}

/// Answers a page of messages.
pub async fn list(request: HttpRequest) -> Result<HttpResponse, Error> {
    let visit = Visit::begin(&request)?;
    visit.allow()?;
    let asked = Asked::parse(request.query_string());
    let now = visit.app.clock.now();
    let found = if asked.is_bad() {
        Found::default()
    } else {
        find(&request, &visit, &asked, now).await?
    };
    let status = match (asked.is_bad(), found.is_gone) {
        (true, _) => StatusCode::BAD_REQUEST,
        (_, true) => StatusCode::NOT_FOUND,
        _ => StatusCode::OK,
    };
    let html = page(&request, &visit, asked, found, now).html();
    Ok(answer::private(status, visit.choice, html))
}

fn page(request: &HttpRequest, visit: &Visit, asked: Asked, found: Found, now: i64) -> List {
    List {
        layout: visit.layout(request),
        news: news::query(&asked.filters, now, found.known),
        bad: asked.bad,
        is_text_cut: asked.is_text_cut,
        is_cut: asked.is_cut,
        resource_types: resource_types(visit.choice.language),
        items: found.items,
        is_gone: found.is_gone,
        can_delete: visit.may(Rule::MessageDelete).is_ok(),
        deleted: asked.deleted,
        marked: asked.marked,
        unread: found.unread.map(shown_unread),
        place: asked.place(),
        has_first: asked.marker.is_some() || asked.back.is_some(),
        previous: found.previous.map(|place| place.to_string()),
        next: found.next.map(|place| place.to_string()),
        filters: asked.filters,
    }
}

async fn find(request: &HttpRequest, visit: &Visit, asked: &Asked, now: i64) -> Result<Found, Error> {
    if asked.is_nowhere {
        return Ok(Found {
            is_gone: true,
            ..Found::default()
        });
    }
    let view = visit.view(now);
    let query = asked.query(visit.scope(), view.language);
    let (size, each) = (visit.app.config.page.page_size, asked.filters.each);
    let (is_back, has_marker) = (asked.back.is_some(), asked.marker.is_some());
    let whose = reader::of(&visit.caller).ok();
    if !query.is_direct() {
        connection::end_with_client(request);
    }
    let asked = query.clone();
    let found = visit.app.store.list(&asked, move |conn| {
        let known = news::count(conn, &query, view.now, 0)?;
        // Before the rows are read: what comes in between is not marked from this page.
        let seen = read_state::existing(conn, &view.project, view.now)?;
        let conditions = query.conditions.clone();
        let is_first = query.marker.is_none();
        let mut page = collect(conn, query.clone(), &view, size, each)?;
        let unread = match &whose {
            Some(whose) => Some((note_unread(conn, whose, &mut page, &conditions, is_first)?, seen)),
            None => None,
        };
        Ok(Found {
            known,
            unread,
            ..place(page, is_back, has_marker)
        })
    });
    match found.await {
        Ok(found) => Ok(found),
        Err(store::Error::NotFound) => Ok(Found {
            is_gone: true,
            ..Found::default()
        }),
        Err(error) => Err(error.into()),
    }
}

/// Where a page stands among the others. One that was read backwards is turned around.
fn place(page: Collected, is_back: bool, has_marker: bool) -> Found {
    let mut items = page.items;
    let (first, last, has_previous, has_next) = if is_back {
        items.reverse();
        (page.last, page.first, page.has_more, true)
    } else {
        (page.first, page.last, has_marker, page.has_more)
    };
    Found {
        items,
        previous: first.filter(|_| has_previous).map(Place::from),
        next: last.filter(|_| has_next).map(Place::from),
        ..Found::default()
    }
}

/// Notes which items are unread, and counts what is unread in the whole list.
fn note_unread(
    conn: &mut Read<'_>,
    whose: &ProjectUser,
    page: &mut Collected,
    shown: &[Condition],
    is_first: bool,
) -> Result<Unread, store::Error> {
    let positions: Vec<Position> = page.rows.iter().map(|(position, _)| *position).collect();
    let among = read_state::unread_among(conn, whose, &positions)?;
    for (position, index) in &page.rows {
        page.items[*index].is_unread |= among.contains(&position.id);
    }
    if is_first && !page.has_more {
        // The page is the whole list.
        return Ok(Unread::default().plus(among.len(), MOST_COUNTED, false));
    }
    match unread::count(conn, whose, shown, MOST_COUNTED) {
        // The list is found, which is what was asked for; those on the page are known.
        Err(store::Error::Exhausted(_)) => Ok(Unread::default().plus(among.len(), MOST_COUNTED, true)),
        counted => counted,
    }
}

/// What is unread, as the page shows it.
fn shown_unread((unread, seen): (Unread, Seen)) -> page::list::Unread {
    page::list::Unread {
        count: i64::try_from(unread.count).unwrap_or(i64::MAX),
        is_more: unread.is_more,
        until: time::format(seen.until),
        turn: seen.turn,
    }
}

/// The kinds of resources there are, by name.
fn resource_types(language: Language) -> Vec<(&'static str, &'static str)> {
    let resources = services().iter().flat_map(|service| service.resources);
    let mut types: Vec<_> = resources
        .map(|resource| (resource.name, resource.text(language)))
        .collect();
    types.sort_unstable_by_key(|(_, text)| *text);
    types
}
