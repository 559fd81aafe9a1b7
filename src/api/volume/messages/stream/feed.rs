//! The event stream: `GET /v3/{project_id}/messages` with `Accept: text/event-stream` sends each new message of the
//! project.
//!
//! Delivery is at least once; the id of an event names its message, so that clients can recognise repeats.

use std::sync::Arc;

use actix_web::http::Version;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use futures_util::stream;
use tokio::time::{Duration, Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::changes::Changes;
use super::items::{StreamItem, StreamItems};
use super::tail::Tail;
use crate::api::app::App;
use crate::api::call::{self, Call};
use crate::api::connection;
use crate::api::error::Error;
use crate::api::identify::identify;
use crate::api::target::Target;
use crate::api::volume::messages::known_states::KnownStates;
use crate::api::volume::messages::view::View;
use crate::catalog::canonical_uuid;
use crate::identity::Caller;
use crate::message::Position;
use crate::store::{self, Store};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

struct Feed {
    view: View,
    store: Store,
    /// Where the client begins, until it was sent.
    start: Option<Position>,
    items: StreamItems,
    closing: CancellationToken,
    heartbeat: Interval,
    /// When to check again whether the caller may still listen.
    recheck: Interval,
    request: HttpRequest,
    /// Changes of states, if the client wants to know of them.
    changes: Option<Changes>,
}

/// Opens the stream of the caller's project.
pub async fn open(request: &HttpRequest, call: &Call) -> Result<HttpResponse, Error> {
    let project = call
        .caller
        .project
        .clone()
        .ok_or_else(|| Error::BadRequest("An event stream needs a project.".to_owned()))?;
    let last = match request.headers().get(LAST_EVENT_ID) {
        // Some new clients, which have no last event, send an empty value.
        Some(value) if !value.is_empty() => Some(read_id(value.to_str().unwrap_or_default())?),
        _ => None,
    };
    let app = &call.app;
    let start = last.unwrap_or_else(|| Position::at(app.clock.now()));
    let tail = Tail::after(app.store.clone(), app.clock.clone(), project.clone(), start);
    // Subscribing before reading: a message recorded in between is seen twice rather than missed.
    let subscription = app.hub.subscribe(&project).await?;
    let feed = Feed {
        view: View::new(call),
        store: app.store.clone(),
        start: Some(start),
        closing: subscription.closing.clone(),
        changes: wants_changes(request).then(|| Changes::of(&subscription.changes, &call.caller.user)),
        items: match last {
            Some(_) => StreamItems::behind(subscription, tail),
            None => StreamItems::new(subscription, tail).await?,
        },
        heartbeat: every(app.config.api.stream_heartbeat),
        recheck: every(app.config.api.stream_recheck_interval),
        request: request.clone(),
    };
    connection::watch(request);
    let mut response = HttpResponse::Ok()
        // What the client sends meanwhile is dropped.
        .force_close()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::CONTENT_LANGUAGE, feed.view.language().http_tag()))
        // Otherwise nginx buffers events.
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(stream::unfold(feed, |mut feed| async move {
            let bytes = feed.next().await?;
            Some((Ok::<Bytes, Error>(bytes), feed))
        }));
    response
        .head_mut()
        .no_chunking(request.version() < Version::HTTP_11);
    Ok(response)
}

impl Feed {
    /// The next piece of the stream; none at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(start) = self.start.take() {
            return Some(greeting(start));
        }
        loop {
            tokio::select! {
                // Closing takes precedence over a steady flow of messages.
                biased;
                () = self.closing.cancelled() => return None,
                _ = self.recheck.tick() => if !may_listen(&self.request).await { return None },
                next = self.items.next() => {
                    let event = match next {
                        Ok(Some(item)) => event(&self.view, &self.store, &item).await,
                        Ok(None) => return None,
                        Err(error) => Err(error),
                    };
                    // The client reconnects with its last id and gets the rest.
                    return event
                        .inspect_err(|error| tracing::info!(%error, "an event stream ended while catching up"))
                        .ok();
                }
                () = changed(self.changes.as_mut()) => {
                    return Some(Bytes::from_static(b"event: change\ndata: {}\n\n"));
                }
                _ = self.heartbeat.tick() => return Some(Bytes::from_static(b": still here\n\n")),
            }
        }
    }
}

/// Whether the client asks for changes of states, of which block storage's clients know nothing.
fn wants_changes(request: &HttpRequest) -> bool {
    form_urlencoded::parse(request.query_string().as_bytes())
        .any(|(key, value)| key == "changes" && value == "true")
}

/// Waits for a change of states, if the client wants to know of them.
async fn changed(changes: Option<&mut Changes>) {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval.reset();
    interval
}

/// Whether token and policy still allow the stream. While Keystone is unavailable, it continues until the token
/// expires, as requests with a cached token do.
async fn may_listen(request: &HttpRequest) -> bool {
    let Ok(app) = App::of(request) else {
        return false;
    };
    let target = Target::of(request);
    match identify(request, &target).await {
        Ok(caller) => call::allow(app, target.rule, &caller, caller.project.as_deref()).is_ok(),
        Err(Error::IdentityUnavailable(_)) => {
            let known = request.extensions().get::<Arc<Caller>>().cloned();
            known.is_some_and(|known| known.expires_at.is_none_or(|end| app.clock.now() < end))
        }
        Err(_) => false,
    }
}

/// Tells the client when and from where to reconnect, and that the stream is open.
///
/// A client that is cut off before its first event has no other id to reconnect with.
fn greeting(start: Position) -> Bytes {
    Bytes::from(format!("retry: 2000\nid: {}\n: open\n\n", write_id(start)))
}

/// A message as an event. Without an id, the client continues after the message before. The full form looks up its state.
async fn event(view: &View, store: &Store, item: &StreamItem) -> Result<Bytes, store::Error> {
    let message = &item.message;
    let position = Position::of(message);
    let state = match view.reader().cloned() {
        Some(reader) => {
            let (project, id) = (message.project_id.clone(), message.id);
            let read = store.read(move |conn| {
                let states = KnownStates::of(conn, Some(&reader), std::iter::once((&*project, position)))?;
                Ok(states.get(&project, id))
            });
            read.await?
        }
        None => None,
    };
    let mut event = Vec::new();
    if !item.is_late {
        event.extend_from_slice(format!("id: {}\n", write_id(position)).as_bytes());
    }
    event.extend_from_slice(b"event: message\ndata: {\"message\":");
    view.message(&mut event, message, state);
    event.extend_from_slice(b"}\n\n");
    Ok(Bytes::from(event))
}

/// Writes an event's id: microseconds since 1970, a hyphen, the message's id.
fn write_id(position: Position) -> String {
    format!("{}-{}", position.created_at, position.id)
}

fn read_id(text: &str) -> Result<Position, Error> {
    let parsed = text.split_once('-').and_then(|(created_at, id)| {
        Some(Position {
            created_at: created_at.parse().ok()?,
            id: canonical_uuid(id)?,
        })
    });
    parsed.ok_or_else(|| Error::BadRequest("Last-Event-ID: is not an id of this stream".to_owned()))
}
