//! Turns reports into events.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};
use uuid::{ContextV7, Timestamp, Uuid};

use super::envelope::Envelope;
use super::outgoing::{Outgoing, Sinks};
use super::priority::Priority;
use super::report::CheckedReport;
use super::subscribers::Subscribers;
use crate::config::{Config, host_name};

/// The project and the request that an event belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// The project, unless the event concerns all of them.
    pub project_id: Option<&'a str>,
    /// The request, unless there was none.
    pub request_id: Option<&'a str>,
}

impl<'a> Origin<'a> {
    /// Returns the origin of a message.
    pub fn of(project_id: &'a str, request_id: &'a str) -> Self {
        Self {
            project_id: Some(project_id),
            request_id: Some(request_id),
        }
    }
}

/// Adds envelopes to events. Clones share one ascending sequence of ids, in which the events are sent.
#[derive(Clone)]
pub struct Reporter {
    publisher_id: Arc<str>,
    sinks: Arc<Sinks>,
    subscribers: Subscribers,
    context: Arc<Mutex<ContextV7>>,
}

impl Reporter {
    /// Follows the configuration.
    pub fn new(config: &Config) -> Self {
        let notifications = &config.oslo_messaging_notifications;
        let publisher_id = config
            .general
            .default_publisher_id
            .clone()
            .unwrap_or_else(host_name);
        Self {
            publisher_id: publisher_id.into(),
            sinks: Arc::new(Sinks {
                targets: notifications.targets(),
                keeps: !config.events.keep.is_zero(),
                disabled: config.general.disabled_notifications.clone(),
            }),
            subscribers: Subscribers::default(),
            context: Arc::new(Mutex::new(ContextV7::new())),
        }
    }

    /// Returns what is known of the subscriptions; the store keeps it up to date.
    pub fn subscribers(&self) -> &Subscribers {
        &self.subscribers
    }

    /// Whether an event of this type goes to any sink, so that it is worth creating.
    pub fn takes(&self, event_type: &str) -> bool {
        self.outgoing([].into()).takes(event_type)
    }

    /// Returns an id greater than all before it; `now` is in microseconds since 1970.
    pub fn next_id(&self, now: i64) -> Uuid {
        let context = self.context.lock();
        let seconds = u64::try_from(now.div_euclid(1_000_000)).unwrap_or(0);
        let nanos = u32::try_from(now.rem_euclid(1_000_000) * 1000).unwrap_or(0);
        Uuid::new_v7(Timestamp::from_unix(&*context, seconds, nanos))
    }

    /// Returns the event for a report about a project; `now` is in microseconds since 1970.
    pub fn envelope(&self, report: CheckedReport, project_id: &str, id: Uuid, now: i64) -> Envelope {
        report.into_envelope(id, now, &self.publisher_id, Some(project_id))
    }

    /// Returns events with their sinks.
    pub fn outgoing(&self, events: Arc<[Envelope]>) -> Outgoing {
        Outgoing {
            events,
            sinks: Arc::clone(&self.sinks),
            subscribed: self.subscribers.known(),
            subscribers: Some(self.subscribers.clone()),
        }
    }

    /// Reports recorded messages, one event each. Empty if no sink accepts it.
    pub fn recorded<'a>(&self, messages: impl Iterator<Item = (Origin<'a>, Value)>, now: i64) -> Outgoing {
        self.outgoing_if(MESSAGE_CREATE, || {
            let events = messages.map(|(origin, payload)| self.own(MESSAGE_CREATE, payload, origin, now));
            events.collect()
        })
    }

    /// Reports messages that were deleted on request, one event each.
    pub fn deleted<'a>(&self, messages: impl Iterator<Item = (Uuid, Origin<'a>)>, now: i64) -> Outgoing {
        self.outgoing_if(MESSAGE_DELETE, || {
            let events = messages.map(|(id, origin)| {
                let payload = json!({ "id": id.to_string(), "project_id": origin.project_id });
                self.own(MESSAGE_DELETE, payload, origin, now)
            });
            events.collect()
        })
    }

    /// Reports how many messages were purged that expired before a time, given in wire form.
    pub fn purged(&self, count: usize, expired_before: &str, now: i64) -> Outgoing {
        if count == 0 {
            return Outgoing::default();
        }
        self.outgoing_if(MESSAGE_PURGE, || {
            let payload = json!({ "count": count, "expired_before": expired_before });
            [self.own(MESSAGE_PURGE, payload, Origin::default(), now)].into()
        })
    }

    /// Reports a change of this service's own, of one of its event types. Empty if no sink accepts it.
    pub fn own_change(
        &self,
        event_type: &'static str,
        payload: Value,
        origin: Origin<'_>,
        now: i64,
    ) -> Outgoing {
        self.outgoing_if(event_type, || [self.own(event_type, payload, origin, now)].into())
    }

    /// Reports a change in the form of a service whose events this one sends in its place, with an event of each of these types
    /// that any sink accepts.
    pub fn changes(
        &self,
        event_types: &[&'static str],
        priority: Priority,
        now: i64,
        payload: &dyn Fn() -> Value,
    ) -> Outgoing {
        let mut outgoing = self.outgoing([].into());
        let taken = event_types
            .iter()
            .copied()
            .filter(|event_type| outgoing.takes(event_type));
        let events = taken.map(|event_type| {
            let report = CheckedReport::own(event_type, &payload(), None).with_priority(priority);
            report.into_envelope(self.next_id(now), now, &self.publisher_id, None)
        });
        outgoing.events = events.collect();
        outgoing
    }

    /// Returns an event that shows whether a listener works.
    pub fn listener_test(&self, listener: Uuid, origin: Origin<'_>, now: i64) -> Envelope {
        let payload = json!({ "listener_id": listener.to_string() });
        self.own(LISTENER_TEST, payload, origin, now)
    }

    /// Returns the events that `make` makes if any sink accepts their type, else none.
    fn outgoing_if(&self, event_type: &str, make: impl FnOnce() -> Arc<[Envelope]>) -> Outgoing {
        let mut outgoing = self.outgoing([].into());
        if outgoing.takes(event_type) {
            outgoing.events = make();
        }
        outgoing
    }

    fn own(&self, event_type: &'static str, mut payload: Value, origin: Origin<'_>, now: i64) -> Envelope {
        let project = origin.project_id;
        // Ceilometer knows a payload's project by this name.
        if let (Some(project), Some(members)) = (project, payload.as_object_mut()) {
            members.insert("tenant_id".to_owned(), project.into());
        }
        CheckedReport::own(event_type, &payload, origin.request_id).into_envelope(
            self.next_id(now),
            now,
            &self.publisher_id,
            project,
        )
    }
}

const LISTENER_TEST: &str = "listener.test";
const MESSAGE_CREATE: &str = "message.create";
const MESSAGE_DELETE: &str = "message.delete";
const MESSAGE_PURGE: &str = "message.purge";
