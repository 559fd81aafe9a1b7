//! `GET /v3/{project_id}/events`: lists the events that are kept for audits.

use std::collections::HashSet;

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use form_urlencoded::Serializer;

use super::view;
use crate::api::call::Call;
use crate::api::connection;
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::event::{Envelope, Priority};
use crate::message::{Scope, time};
use crate::store::event::EventFilter;
use crate::store::{self, Read, event};

/// The query string, parsed.
struct Parameters {
    filter: EventFilter,
    limit: usize,
    /// All parameters except the marker, for the link to the next page.
    rest: Vec<(String, String)>,
}

/// Lists the kept events of all projects, newest first.
pub async fn list(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted_without_body(&request, payload).await?;
    let parameters = parse(request.query_string(), call.app.config.api.max_limit)?;
    let (filter, limit) = (parameters.filter.clone(), parameters.limit);
    // One more row shows whether there is a next page.
    let wanted = limit.saturating_add(1);
    let store = &call.app.store;
    let is_direct = filter.is_direct();
    let work = move |read: &mut Read<'_>| event::list(read, &filter, wanted, event::PAGE_BYTES);
    let found = if is_direct {
        store.read(work).await
    } else {
        connection::end_with_client(&request);
        store.search(&Scope::All, work).await
    };
    let found = found.map_err(|error| match (error, parameters.filter.marker) {
        (store::Error::NotFound, Some(marker)) => {
            Error::NotFound(format!("Event {marker} could not be found."))
        }
        (store::Error::Exhausted(cause), _) => Error::Exhausted {
            cause,
            advice: "Narrow the time with since and until.",
        },
        (error, _) => error.into(),
    })?;
    let page = &found.events[..found.events.len().min(limit)];
    let next = (found.is_cut || found.events.len() > limit)
        .then(|| next(&call, &parameters, page))
        .flatten();
    Ok(view::answer(StatusCode::OK, view::page(page, next.as_deref())))
}

fn next(call: &Call, parameters: &Parameters, page: &[Envelope]) -> Option<String> {
    let marker = page.last()?.message_id.to_string();
    let query = Serializer::new(String::new())
        .extend_pairs(&parameters.rest)
        .append_pair("marker", &marker)
        .finish();
    Some(format!("{}?{query}", call.address("events")))
}

fn parse(query: &str, max_limit: usize) -> Result<Parameters, Error> {
    let mut parameters = Parameters {
        filter: EventFilter::default(),
        limit: max_limit,
        rest: Vec::new(),
    };
    let mut seen = HashSet::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let bad = |what: &str| Error::BadRequest(format!("{name}: must be {what}"));
        if !seen.insert(name.to_string()) {
            return Err(Error::BadRequest(format!("{name}: must be given once")));
        }
        let time = || time::bound(&value).ok_or_else(|| bad("a time such as 2026-11-21T03:20:24, or a date"));
        let filter = &mut parameters.filter;
        match &*name {
            "event_type" => filter.event_type = Some(value.to_string()),
            "priority" => {
                let priority = Priority::from_name(&value).ok_or_else(|| bad("INFO, WARN or ERROR"))?;
                filter.priority = Some(priority);
            }
            "project_id" => filter.project_id = Some(value.to_string()),
            "since" => filter.since = Some(time()?),
            "until" => filter.until = Some(time()?),
            "marker" => {
                filter.marker =
                    Some(canonical_uuid(&value).ok_or_else(|| bad("the message_id of an event"))?);
                continue;
            }
            "limit" => {
                let limit: usize = value.parse().map_err(|_| bad("a whole number"))?;
                parameters.limit = limit.min(parameters.limit);
            }
            _ => {
                let known = "event_type, priority, project_id, since, until, limit, marker";
                return Err(Error::BadRequest(format!(
                    "{name}: is not a filter; the filters are {known}"
                )));
            }
        }
        parameters.rest.push((name.into_owned(), value.into_owned()));
    }
    Ok(parameters)
}
