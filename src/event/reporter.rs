//! Makes events of what is reported.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use uuid::{ContextV7, Timestamp, Uuid};

use super::{Checked, Envelope, Outgoing, Places};
use crate::config::{Config, host_name};

/// Gives events their envelopes. Clones give ids that ascend in one order, in which the events are sent.
#[derive(Clone)]
pub struct Reporter {
    publisher_id: Arc<str>,
    places: Arc<Places>,
    context: Arc<Mutex<ContextV7>>,
}

impl Reporter {
    /// As the configuration says.
    pub fn new(config: &Config) -> Self {
        let notifications = &config.oslo_messaging_notifications;
        let publisher_id = config
            .general
            .default_publisher_id
            .clone()
            .unwrap_or_else(host_name);
        Self {
            publisher_id: publisher_id.into(),
            places: Arc::new(Places {
                targets: notifications.targets(),
                keeps: !config.events.keep.is_zero(),
                disabled: config.general.disabled_notifications.clone(),
            }),
            context: Arc::new(Mutex::new(ContextV7::new())),
        }
    }

    /// Whether an event of this type goes anywhere, so that it is worth making.
    pub fn takes(&self, event_type: &str) -> bool {
        self.places.takes(event_type)
    }

    /// An id that comes after all ids before it; `now` in microseconds since 1970.
    pub fn next_id(&self, now: i64) -> Uuid {
        let context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = u64::try_from(now.div_euclid(1_000_000)).unwrap_or(0);
        let nanos = u32::try_from(now.rem_euclid(1_000_000) * 1000).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&*context, seconds, nanos))
    }

    /// The event of a report, about a project, at `now` in microseconds since 1970.
    pub fn envelope(&self, report: Checked, project_id: &str, id: Uuid, now: i64) -> Envelope {
        report.into_envelope(id, now, &self.publisher_id, Some(project_id))
    }

    /// Events with where they go.
    pub fn outgoing(&self, events: Arc<[Envelope]>) -> Outgoing {
        Outgoing {
            events,
            places: Arc::clone(&self.places),
        }
    }

    /// That messages were recorded, one event for each; `messages` are their projects and descriptions. Nothing where nobody wants to
    /// know.
    pub fn recorded<'a>(&self, messages: impl Iterator<Item = (&'a str, Value)>, now: i64) -> Outgoing {
        if !self.takes(MESSAGE_CREATE) {
            return Outgoing::default();
        }
        let events =
            messages.map(|(project, payload)| self.own(MESSAGE_CREATE, &payload, Some(project), now));
        self.outgoing(events.collect())
    }

    /// That a message was deleted by request.
    pub fn deleted(&self, id: Uuid, project: &str, now: i64) -> Outgoing {
        if !self.takes(MESSAGE_DELETE) {
            return Outgoing::default();
        }
        let payload = json!({ "id": id.to_string(), "project_id": project });
        self.outgoing([self.own(MESSAGE_DELETE, &payload, Some(project), now)].into())
    }

    /// That so many messages were purged which had expired before a time, as it is written.
    pub fn purged(&self, count: usize, expired_before: &str, now: i64) -> Outgoing {
        if count == 0 || !self.takes(MESSAGE_PURGE) {
            return Outgoing::default();
        }
        let payload = json!({ "count": count, "expired_before": expired_before });
        self.outgoing([self.own(MESSAGE_PURGE, &payload, None, now)].into())
    }

    fn own(&self, event_type: &'static str, payload: &Value, project: Option<&str>, now: i64) -> Envelope {
        Checked::own(event_type, payload).into_envelope(self.next_id(now), now, &self.publisher_id, project)
    }
}

const MESSAGE_CREATE: &str = "message.create";
const MESSAGE_DELETE: &str = "message.delete";
const MESSAGE_PURGE: &str = "message.purge";
