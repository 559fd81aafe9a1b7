//! Decides what to do with one notification. Pure: the store carries it out.

use std::time::Duration;

use uuid::Uuid;

use super::apply::{self, Outcome, RuleMatch};
use super::keys;
use super::order::{EVENT_TYPE, Order};
use super::own;
use super::relevant::Index;
use super::unmatched;
use crate::bus::{self, Filter, Malformed, Notification};
use crate::catalog;
use crate::config::{self, Config, Pattern};
use crate::message::{CheckedDraft, Message, time};
use crate::store::ingest::{Arrival, IngestKey, Occurrence, Owner, Unmatched};
use crate::telemetry::RequestId;

/// Turns notifications into plans, as configured.
#[derive(Debug, Clone)]
pub struct Planner {
    index: Index,
    ingest: config::Ingest,
    projects: Pattern,
    ttl: u32,
    most: usize,
    /// The prefixes of codes whose services also write messages into tables that are followed.
    followed: Vec<&'static str>,
}

/// A resource type that the catalog does not know.
#[derive(Debug, thiserror::Error)]
#[error("[ingest] projects: {0:?} is not a resource type of the catalog")]
pub struct UnknownType(String);

/// The plan for a notification.
#[derive(Debug, Default)]
pub struct Plan {
    /// The owner that it reveals.
    pub owner: Option<Owner>,
    /// What to record.
    pub step: Step,
}

/// What to record for a notification.
#[derive(Debug, Default)]
pub enum Step {
    /// Nothing: no rule matches it, or one suppresses the message.
    #[default]
    Nothing,
    /// Nothing: it reports a failure, but no rule matches it.
    Unmatched(Unmatched),
    /// Nothing: this service sent it itself.
    Own,
    /// Nothing: it names neither a resource nor a project.
    Ownerless,
    /// Nothing: it is an order that is refused.
    Refused(String),
    /// Messages.
    Record {
        /// The rule's position, or the event type of an order.
        by: &'static str,
        /// The messages and their keys.
        arrival: Arrival,
    },
}

impl Planner {
    /// Creates a planner from the configuration.
    ///
    /// # Errors
    /// Fails if `[ingest] projects` names a resource type that the catalog does not know.
    pub fn new(config: &Config) -> Result<Self, UnknownType> {
        let mut types = config.ingest.projects.iter().map(|known| &known.resource_type);
        if let Some(unknown) = types.find(|name| catalog::resource(name).is_none()) {
            return Err(UnknownType(unknown.clone()));
        }
        let follow = &config.follow;
        let services = [("VOLUME", &follow.cinder), ("SHARE", &follow.manila)];
        let followed = services.into_iter().filter(|(_, database)| database.is_some());
        Ok(Self {
            followed: followed.map(|(prefix, _)| prefix).collect(),
            index: Index::new(),
            ingest: config.ingest.clone(),
            projects: config.api.project_id_regex.clone(),
            ttl: config.messages.ttl_seconds(),
            most: config.api.max_batch_size,
        })
    }

    /// Decodes a message as [`bus::decode`] does, skipping what has no effect anyway.
    ///
    /// # Errors
    /// As [`bus::decode`].
    pub fn read(
        &self,
        content_type: Option<&str>,
        compression: Option<&str>,
        body: &[u8],
    ) -> Result<Notification, Malformed> {
        let filter = Filter {
            wants: &|event_type, priority| {
                event_type == EVENT_TYPE
                    || unmatched::is_failure(priority)
                    || !self.index.of(event_type, priority).is_empty()
            },
            context: &|name| self.index.needs_context(name),
        };
        bus::decode_some(content_type, compression, body, &filter)
    }

    /// Plans a notification that came through an exchange, at `now` in microseconds since 1970.
    pub fn plan(&self, notification: &Notification, exchange: &str, now: i64) -> Plan {
        if own::is_own(notification) {
            return Plan {
                owner: None,
                step: Step::Own,
            };
        }
        let is_project = |text: &str| self.projects.matches(text);
        if notification.event_type.as_deref() == Some(EVENT_TYPE) {
            return Plan {
                owner: None,
                step: self.order(notification, exchange, now),
            };
        }
        let event_type = notification.event_type.as_deref().unwrap_or_default();
        let relevant = self
            .index
            .of(event_type, notification.priority.as_deref().unwrap_or_default());
        let owner = apply::owner(&relevant.owners, notification, is_project).map(|owned| Owner {
            resource: owned.resource,
            project_id: owned.project,
            expires_at: later(now, self.ingest.owner_ttl),
        });
        let step = match apply::message(&relevant.rules, notification, is_project) {
            Outcome::Unmatched => unmatched::kind(notification).map_or(Step::Nothing, Step::Unmatched),
            Outcome::Suppressed => Step::Nothing,
            Outcome::Matched(found) => self.record(notification, *found, now),
        };
        Plan { owner, step }
    }

    fn record(&self, notification: &Notification, found: RuleMatch, now: i64) -> Step {
        let mapped = found
            .resource
            .as_ref()
            .and_then(|(kind, id)| self.ingest.project_of(kind.name, id));
        let project = found.project.as_deref().or(mapped);
        let resource = match (project, &found.resource) {
            (None, Some((kind, id))) => keys::resource(kind, id),
            _ => None,
        };
        if project.is_none() && resource.is_none() {
            return Step::Ownerless;
        }
        let (own, failure) = self.keys(notification, &found, now);
        let is_paired = found.is_of_request && self.followed.contains(&found.checked.prefix());
        let message = self.message(found.checked, project.unwrap_or_default(), None, now);
        Step::Record {
            by: found.rule,
            arrival: Arrival {
                messages: vec![message],
                resource,
                own,
                failure,
                pairs_within: is_paired.then(|| later(0, self.ingest.dedup_ttl)),
            },
        }
    }

    fn order(&self, notification: &Notification, exchange: &str, now: i64) -> Step {
        if !self
            .ingest
            .trusted_exchanges
            .iter()
            .any(|trusted| trusted == exchange)
        {
            return Step::Refused(format!(
                "exchange {exchange:?} is not in [ingest] trusted_exchanges"
            ));
        }
        let is_project = |text: &str| self.projects.matches(text);
        match Order::read(notification, self.most, is_project) {
            Err(reason) => Step::Refused(reason),
            Ok(order) => {
                let drafts = order.drafts.into_iter();
                Step::Record {
                    by: EVENT_TYPE,
                    arrival: Arrival {
                        messages: drafts
                            .map(|draft| self.message(draft, &order.project, order.request, now))
                            .collect(),
                        resource: None,
                        own: self.own_key(notification, now),
                        failure: None,
                        pairs_within: None,
                    },
                }
            }
        }
    }

    /// Returns the key that recognizes a redelivery, and the failure that other notifications may report too.
    fn keys(
        &self,
        notification: &Notification,
        found: &RuleMatch,
        now: i64,
    ) -> (Option<(IngestKey, i64)>, Option<Occurrence>) {
        let window = self.ingest.repeat_window;
        if window.is_zero() {
            return (self.own_key(notification, now), None);
        }
        if found.is_of_request {
            // The failure's key also recognizes a redelivery of the notification.
            let until = later(now, window.max(self.ingest.dedup_ttl));
            return (Some((found.failure, until)), None);
        }
        let failure = Occurrence {
            key: found.failure,
            at: happened(notification, now),
            window: later(0, window),
        };
        (self.own_key(notification, now), Some(failure))
    }

    /// Returns `None` without a sender's id: such notifications cannot be told from others with the same contents.
    fn own_key(&self, notification: &Notification, now: i64) -> Option<(IngestKey, i64)> {
        let id = notification.message_id.as_deref()?;
        Some((keys::notification(id), later(now, self.ingest.dedup_ttl)))
    }

    /// A message gets the time of its recording, however long the notification has waited: streams, read marks and
    /// lists from a given time would miss an older one.
    fn message(&self, checked: CheckedDraft, project: &str, request: Option<RequestId>, now: i64) -> Message {
        let id = Uuid::now_v7();
        // Without a request, the message's id stands in, as for imported rows.
        let request = request.unwrap_or_else(|| RequestId::from_uuid(id));
        checked.into_message(id, project, now, self.ttl, request.as_str())
    }
}

/// Returns the time of the event, which separates repeats of one failure from a second failure even if they waited for
/// hours and are read within a second. Without a time, or with one in the future, it is now.
fn happened(notification: &Notification, now: i64) -> i64 {
    let at = notification.timestamp.as_deref().and_then(time::parse);
    at.map_or(now, |at| at.min(now))
}

fn later(now: i64, by: Duration) -> i64 {
    now.saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX))
}
