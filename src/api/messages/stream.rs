//! The event stream: `GET /v3/{project_id}/messages` with `Accept: text/event-stream` answers with each new message of
//! the project as it comes.
//!
//! Delivery is at least once; the id of an event names its message, so that a client can tell a repeat.

pub mod hub;
mod missed;
mod poller;

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Duration, Interval, MissedTickBehavior};
use uuid::Uuid;

pub use hub::Hub;
use hub::Subscription;
use missed::Missed;

use super::canonical;
use super::view::View;
use crate::api::app::App;
use crate::api::authenticate::identify;
use crate::api::call::{self, Call};
use crate::api::error::Error;
use crate::identity::{Caller, Rule};
use crate::message::{Column, Condition, Direction, Message, Query, Scope};
use crate::store::{self, Store};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A comment is sent this often, so that proxies and clients see that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where a stream was broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    created_at: i64,
    id: Uuid,
}

struct Feed {
    subscription: Subscription,
    view: View,
    missed: Option<Missed>,
    heartbeat: Interval,
    /// A stream outlives requests by far, so now and then it is asked whether its caller may still listen.
    recheck: Interval,
    request: HttpRequest,
    is_greeted: bool,
}

/// Opens the stream of the caller's project.
pub async fn open(request: &HttpRequest, call: &Call) -> Result<HttpResponse, Error> {
    let project = call
        .caller
        .project
        .clone()
        .ok_or_else(|| Error::BadRequest("An event stream needs a project.".to_owned()))?;
    let position = match request.headers().get(LAST_EVENT_ID) {
        // A new client has no last event; some say so with an empty value.
        Some(value) if !value.is_empty() => Some(position(value.to_str().unwrap_or_default())?),
        _ => None,
    };
    // The subscription comes first: what is recorded between the two reads is then seen twice, not never.
    let subscription = call.app.hub.subscribe(&project).await?;
    let missed = position.map(|position| Missed::after(call.app.store.clone(), project, position));
    let feed = Feed {
        subscription,
        view: View::new(call),
        missed,
        heartbeat: every(HEARTBEAT),
        recheck: every(call.app.config.api.stream_recheck_interval),
        request: request.clone(),
        is_greeted: false,
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_LANGUAGE, feed.view.language().http_tag()))
        // nginx would otherwise collect events until its buffer is full.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream::unfold(feed, |mut feed| async move {
            let bytes = feed.next().await?;
            Some((Ok::<Bytes, Error>(bytes), feed))
        })))
}

impl Feed {
    /// The next piece of the stream; none at its end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.is_greeted {
            self.is_greeted = true;
            // Tells the client when to come back, and lets it see that the stream is open.
            return Some(Bytes::from_static(b"retry: 2000\n: open\n\n"));
        }
        if let Some(missed) = &mut self.missed {
            match missed.next().await {
                Ok(Some(message)) => return Some(event(&self.view, &message)),
                Ok(None) => {}
                // The client comes back with its last id and is given the rest.
                Err(error) => {
                    tracing::info!(%error, "an event stream ended while it caught up");
                    return None;
                }
            }
        }
        let Subscription {
            messages, closing, ..
        } = &mut self.subscription;
        loop {
            tokio::select! {
                // An error means that the hub itself is gone.
                _ = closing.wait_for(|closing| *closing) => return None,
                received = messages.recv() => match received {
                    Ok(message) if self.missed.as_ref().is_some_and(|missed| missed.gave(message.id)) => {}
                    Ok(message) => return Some(event(&self.view, &message)),
                    // A client this slow resumes with its last id, from the store.
                    Err(RecvError::Lagged(_) | RecvError::Closed) => return None,
                },
                _ = self.recheck.tick() => if !may_listen(&self.request).await { return None },
                _ = self.heartbeat.tick() => return Some(Bytes::from_static(b": still here\n\n")),
            }
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval.reset();
    interval
}

/// Whether the caller's token and the rules still allow it. While that cannot be found out the stream goes on as long as
/// the token lives, as requests with a remembered token do.
async fn may_listen(request: &HttpRequest) -> bool {
    let Some(app) = request.app_data::<Data<App>>() else {
        return false;
    };
    match identify(request).await {
        Ok(caller) => call::allow(app, Rule::MessageGetAll, &caller, caller.project.as_deref()).is_ok(),
        Err(Error::IdentityUnavailable(_)) => {
            let known = request.extensions().get::<Arc<Caller>>().cloned();
            known.is_some_and(|known| known.expires_at.is_none_or(|end| app.clock.now() < end))
        }
        Err(_) => false,
    }
}

fn event(view: &View, message: &Message) -> Bytes {
    let mut event = format!(
        "id: {}-{}\nevent: message\ndata: ",
        message.created_at, message.id
    )
    .into_bytes();
    event.extend_from_slice(b"{\"message\":");
    view.message(&mut event, message);
    event.extend_from_slice(b"}\n\n");
    Bytes::from(event)
}

/// Reads an event's id: microseconds since 1970, a hyphen, the message's id.
fn position(text: &str) -> Result<Position, Error> {
    let parsed = text.split_once('-').and_then(|(created_at, id)| {
        Some(Position {
            created_at: created_at.parse().ok()?,
            id: canonical(id)?,
        })
    });
    parsed.ok_or_else(|| Error::BadRequest("Last-Event-ID: is not an id of this stream".to_owned()))
}

/// The messages of a project since a time in microseconds, oldest first, `limit` at most.
fn since(project: String, since: i64, limit: i64) -> Query {
    let mut query = Query::newest(Scope::Project(project), limit);
    query.order = Query::total(vec![(Column::CreatedAt, Direction::Ascending)]);
    query.conditions.push(Condition::Since(since));
    query
}

async fn read(store: &Store, query: Query) -> Result<Vec<Message>, store::Error> {
    store
        .read(move |conn| {
            let mut messages = Vec::new();
            store::message::list(conn, &query, &mut |row| messages.push(row.to_message()))?;
            Ok(messages)
        })
        .await
}
