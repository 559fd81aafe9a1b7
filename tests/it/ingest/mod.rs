//! Ingest: notifications become messages, once each, and no operators' text gets through.

mod glance;
mod once;
mod orders;
mod rules;
mod samples;
mod store;

use serde_json::{Value, json};
use tidings::bus::Notification;
use tidings::config::Config;
use tidings::ingest::replay::{self, Replay, ReplayResult, ReplayTarget};
use tidings::ingest::{Planner, ProcessedNotification};
use tidings::message::Message;
use tidings::store::ingest::{IngestOutcome, IngestState};

use crate::support::NOW;

/// The 144 notifications of a real Glance.
pub const GLANCE: &str = include_str!("../../fixtures/glance_events.jsonl");

pub const PROJECT: &str = "89afd400b6464bbcb12bc0a4d63e5bd3";
pub const ID: &str = "5e6a3d6e-5a0e-4b0e-8a52-0d2a51b4c1a7";
pub const OTHER: &str = "0b0c2ff5-6a3c-4d0e-9d0f-6c5b7a4e3d21";
pub const REQUEST: &str = "req-2f6b6c0e-8f0b-4c52-b2a8-3d1f0c6f7b42";

/// A planner with options of `[ingest]`.
pub fn planner(options: &[(&str, &str)]) -> Planner {
    let variable = |(name, value): &(&str, &str)| (format!("OS_INGEST__{name}"), (*value).to_owned());
    Planner::new(&Config::load(None, options.iter().map(variable)).unwrap()).unwrap()
}

pub fn dry(options: &[(&str, &str)]) -> Replay {
    Replay::new(planner(options), ReplayTarget::Dry(IngestState::default()))
}

/// A notification as a service sends it, in the first version.
pub fn notification(event_type: &str, priority: &str, payload: &Value) -> Notification {
    with_context(
        event_type,
        priority,
        payload,
        &json!({"request_id": REQUEST, "project_id": "of-the-context"}),
    )
}

pub fn with_context(event_type: &str, priority: &str, payload: &Value, context: &Value) -> Notification {
    let mut body = json!({
        "message_id": uuid::Uuid::new_v4().to_string(), "publisher_id": "volume.host1", "event_type": event_type,
        "priority": priority, "payload": payload, "timestamp": "2026-11-21 03:22:07.072065",
    });
    for (name, value) in context.as_object().unwrap() {
        body[format!("_context_{name}")] = value.clone();
    }
    replay::line(&body.to_string()).unwrap()
}

/// The same, sent at another second after [`NOW`].
pub fn at(second: i64, notification: &Notification) -> Notification {
    Notification {
        timestamp: Some(tidings::bus::timestamp(NOW + second * 1_000_000)),
        ..notification.clone()
    }
}

/// Processes notifications one after another.
pub async fn take(replay: &mut Replay, notifications: &[Notification]) -> ReplayResult {
    replay.take(notifications, "cinder", NOW).await.unwrap()
}

/// Returns the only message that a notification makes by itself.
pub async fn one(notification: Notification) -> Message {
    let mut processed = take(&mut dry(&[]), &[notification]).await.processed;
    assert_eq!(processed.len(), 1, "{processed:?}");
    let ProcessedNotification {
        outcome,
        mut messages,
        ..
    } = processed.remove(0);
    assert!(matches!(outcome, IngestOutcome::Recorded { .. }), "{outcome:?}");
    messages.remove(0)
}

/// Formats a message on one line.
pub fn brief(message: &Message) -> String {
    let id = message.resource_uuid.as_deref().unwrap_or("-");
    let parameters = message.parameters.as_deref().unwrap_or("");
    format!(
        "{} {} {} {id} {parameters}",
        message.project_id, message.event_id, message.message_level
    )
    .trim_end()
    .to_owned()
}
