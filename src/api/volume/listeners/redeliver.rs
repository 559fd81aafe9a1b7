//! `POST .../redeliver`, of one delivery or of those of a time.

use actix_web::http::StatusCode;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::deliveries::state;
use super::{access, body, refusal, view};
use crate::api::app::App;
use crate::api::call::Call;
use crate::api::error::Error;
use crate::catalog::canonical_uuid;
use crate::listener::{self, Listener};
use crate::message::time;
use crate::store;
use crate::store::delivery::{self, Again, Redelivery, State};

/// The most steps of one request, each a transaction.
const MOST_STEPS: usize = 10;

/// Delivers an event again, in any state.
pub async fn one(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let Nothing {} = body::optional(&request, payload, &call).await?;
    let listener = access::find(&request, &call).await?;
    let event = access::event_in(&request)?;
    let now = call.app.clock.now();
    let (id, terms) = (listener.id, terms(&call.app, &listener, now));
    let store = &call.app.store;
    let made_due = store.write(move |tx| delivery::redeliver(tx, id, event, terms));
    let record = made_due
        .await
        .map_err(|error| refusal::of_delivery(error, event))?;
    let delivery = view::delivery(&record, None, now);
    Ok(view::answer(
        StatusCode::ACCEPTED,
        &json!({ "delivery": delivery }),
    ))
}

/// A body without members.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body {
    since: Option<String>,
    until: Option<String>,
    state: Option<String>,
    marker: Option<String>,
}

/// Delivers the events of a period again, and kept events that the listener has missed, up to a limit per request. `marker` in
/// the answer continues.
pub async fn many(request: HttpRequest, payload: Payload) -> Result<HttpResponse, Error> {
    let call = Call::permitted(&request)?;
    let body: Body = body::optional(&request, payload, &call).await?;
    let now = call.app.clock.now();
    let since = body
        .since
        .ok_or_else(|| Error::bad_request("since: is required"))?;
    let until = body
        .until
        .map_or(Ok(now.saturating_add(1)), |until| bound("until", &until))?;
    let state = body.state.map_or(Ok(State::Dead), |name| state(&name))?;
    let since = bound("since", &since)?;
    let marker = body.marker.map(|text| {
        let id = canonical_uuid(&text);
        id.ok_or_else(|| Error::bad_request("marker: must be that of the answer before"))
    });
    let marker = marker.transpose()?;
    if since >= until {
        return Err(Error::bad_request("since: must be before until"));
    }
    let listener = access::find(&request, &call).await?;
    let again = Again {
        listener: listener.id,
        since,
        until,
        state,
        types: listener::expand_all(&listener.settings.event_types),
        project: listener.reach.project().map(str::to_owned),
    };
    let terms = terms(&call.app, &listener, now);
    let (mut count, mut marker) = (0, marker);
    for _ in 0..MOST_STEPS {
        let (again, after) = (again.clone(), marker);
        let step = move |tx: &mut store::Tx<'_>| delivery::deliver_again(tx, &again, after, terms);
        let (made_due, next) = match call.app.store.write(step).await {
            // No more may wait; a next request that comes too soon gets this error.
            Err(store::Error::Conflict(_)) if count > 0 => break,
            Err(store::Error::Conflict(reason)) => return Err(Error::Conflict(reason)),
            step => step?,
        };
        count += made_due;
        marker = next;
        if marker.is_none() {
            break;
        }
    }
    let body = json!({ "redelivery": { "count": count, "marker": marker.map(|marker| marker.to_string()) } });
    Ok(view::answer(StatusCode::ACCEPTED, &body))
}

/// How deliveries of a listener are made again.
pub fn terms(app: &App, listener: &Listener, now: i64) -> Redelivery {
    Redelivery {
        now,
        is_ordered: listener.settings.is_ordered,
        max_pending: i64::try_from(app.config.listeners.max_pending).unwrap_or(i64::MAX),
    }
}

fn bound(name: &str, text: &str) -> Result<i64, Error> {
    let what = "must be a time such as 2026-11-21T03:20:24, or a date";
    time::bound(text).ok_or_else(|| Error::BadRequest(format!("{name}: {what}")))
}
