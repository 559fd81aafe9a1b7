//! Rows of deliveries.

use std::borrow::Cow;
use std::hash::Hasher;

use diesel::prelude::*;
use serde::Deserialize;
use twox_hash::XxHash3_64;
use uuid::Uuid;

use crate::event::Envelope;
use crate::named::named;
use crate::store::schema::deliveries;
use crate::store::tables::subscription::Subscriber;

/// What precedes a listener's id in the name of its target. No driver's name begins so.
pub(super) const LISTENER: &str = "listener:";

/// The least name after those of all listeners.
pub(super) const AFTER_LISTENERS: &str = "listener;";

/// When a dead letter is due: never.
pub(super) const NEVER: i64 = i64::MAX;

/// When a delivery is due that must wait for an earlier one of its resource: once that one is finished, which makes it due. Until
/// then nothing looks at it, however many wait and however often the first is tried.
pub(super) const BEHIND: i64 = i64::MAX - 1;

/// A row that is due: its id, the attempts, and what it must stay in order with.
pub(super) type Candidate = (Vec<u8>, i32, Option<i64>);

/// Why an event became a dead letter at once.
const TOO_MANY: &str = "too many deliveries were waiting for the listener";

named! {
    /// The state of a listener's delivery.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum State {
        /// It is due at some time, or being tried.
        Waiting = "waiting",
        /// The receiver has it.
        Delivered = "delivered",
        /// It is not tried again unless it is redelivered.
        Dead = "dead",
        /// A dead letter that needs no further attention.
        Dismissed = "dismissed",
    }
}

impl State {
    pub(super) fn number(self) -> i16 {
        match self {
            Self::Waiting => 0,
            Self::Delivered => 1,
            Self::Dead => 2,
            Self::Dismissed => 3,
        }
    }

    pub(super) fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.number() == number)
    }
}

/// An event that waits for a driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Insertable)]
#[diesel(table_name = deliveries)]
pub(super) struct DriverRow<'a> {
    pub(super) target: Cow<'a, str>,
    pub(super) event_id: Cow<'a, [u8]>,
    /// When the event was reported.
    pub(super) created_at: i64,
}

/// An event on its way to a target. Of a driver's, only the first three columns are used.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = deliveries)]
#[diesel(treat_none_as_default_value = false)]
pub(in crate::store) struct DeliveryRow<'a> {
    pub(in crate::store) target: Cow<'a, str>,
    pub(in crate::store) event_id: Cow<'a, [u8]>,
    /// When the event was reported.
    pub(in crate::store) created_at: i64,
    pub(in crate::store) state: i16,
    pub(in crate::store) due: Option<i64>,
    pub(in crate::store) attempts: i32,
    pub(in crate::store) claimed_by: Option<Vec<u8>>,
    pub(in crate::store) order_key: Option<i64>,
    pub(in crate::store) reason: Option<Cow<'a, str>>,
}

impl<'a> DeliveryRow<'a> {
    /// A delivery that is due at once, or a dead letter if the listener has too many.
    pub(super) fn due(event: &'a Envelope, subscriber: Subscriber) -> Self {
        let (state, due, reason) = if subscriber.is_full {
            (State::Dead, NEVER, Some(Cow::Borrowed(TOO_MANY)))
        } else {
            (State::Waiting, event.timestamp, None)
        };
        let is_ordered = subscriber.is_ordered && state == State::Waiting;
        Self {
            target: Cow::Owned(target(subscriber.listener)),
            event_id: Cow::Borrowed(event.message_id.as_bytes()),
            created_at: event.timestamp,
            state: state.number(),
            due: Some(due),
            attempts: 0,
            claimed_by: None,
            order_key: is_ordered.then(|| order_key(event)),
            reason,
        }
    }
}

/// The columns of a delivery that becomes a dead letter.
#[derive(AsChangeset)]
#[diesel(table_name = deliveries)]
#[diesel(treat_none_as_null = true)]
pub(super) struct DeadLetter {
    state: i16,
    due: Option<i64>,
    claimed_by: Option<Vec<u8>>,
    order_key: Option<i64>,
    reason: Option<String>,
}

impl DeadLetter {
    /// One that is dead for this reason.
    pub(super) fn because(reason: &str) -> Self {
        Self {
            state: State::Dead.number(),
            due: Some(NEVER),
            claimed_by: None,
            order_key: None,
            reason: Some(without_nul(reason)),
        }
    }
}

/// The columns of a delivery that begins afresh.
#[derive(AsChangeset)]
#[diesel(table_name = deliveries)]
#[diesel(treat_none_as_null = true)]
pub(super) struct DueAgain {
    state: i16,
    due: Option<i64>,
    attempts: i32,
    claimed_by: Option<Vec<u8>>,
    order_key: Option<i64>,
    reason: Option<String>,
}

impl DueAgain {
    /// One that is due at `now`, in order with the others of this resource.
    pub(super) fn at(now: i64, order_key: Option<i64>) -> Self {
        Self {
            state: State::Waiting.number(),
            due: Some(now),
            attempts: 0,
            claimed_by: None,
            order_key,
            reason: None,
        }
    }
}

/// PostgreSQL stores no NUL.
pub(super) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The name of a listener's target.
pub(in crate::store) fn target(listener: Uuid) -> String {
    format!("{LISTENER}{listener}")
}

/// Where payloads name their resource, the most specific first.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    resource_uuid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    repo_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    image_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
}

/// Identifies the resource of an event: events with equal keys stay in order. Events that name no resource are one group for each
/// project. That two resources share a key costs only time.
pub(super) fn order_key(event: &Envelope) -> i64 {
    let named: Option<Named<'_>> = serde_json::from_str(&event.payload).ok();
    let name = named.and_then(|named| {
        let most_specific = named.resource_uuid.or(named.repo_id);
        most_specific.or(named.image_id).or(named.id)
    });
    let mut hasher = XxHash3_64::new();
    for part in [event.project_id.as_deref(), name.as_deref()] {
        hasher.write(part.unwrap_or_default().as_bytes());
        hasher.write_u8(0);
    }
    hasher.finish().cast_signed()
}
