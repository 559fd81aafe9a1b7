//! Rows of events.
#![allow(clippy::ref_option_ref, reason = "the derive generates it")]

use std::borrow::Cow;

use diesel::prelude::*;

use crate::event::{Envelope, Priority};
use crate::store::error::Error;
use crate::store::schema::{events, outbox, pending_events};
use crate::store::tables::ids;

/// The approximate bytes of a row without its payload.
const REST: usize = 512;

/// An event in the form of all tables with payloads. `treat_none_as_default_value = false` keeps the statement independent of null
/// values.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = events, table_name = outbox, table_name = pending_events)]
#[diesel(treat_none_as_default_value = false)]
pub(in crate::store) struct EventRow<'a> {
    pub(in crate::store) id: Cow<'a, [u8]>,
    pub(in crate::store) created_at: i64,
    event_type: Cow<'a, str>,
    priority: Cow<'a, str>,
    publisher_id: Cow<'a, str>,
    project_id: Option<Cow<'a, str>>,
    request_id: Option<Cow<'a, str>>,
    payload: Cow<'a, str>,
    call_report: Option<Cow<'a, str>>,
}

/// An event that a server of the previous release has left for a driver.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Queryable, Insertable)]
#[diesel(table_name = outbox)]
pub(in crate::store) struct OutboxRow<'a> {
    pub(in crate::store) target: Cow<'a, str>,
    #[diesel(embed)]
    pub(in crate::store) event: EventRow<'a>,
}

/// An event that only waits for delivery.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::store) struct PendingRow(pub(in crate::store) EventRow<'static>);

/// The columns of [`EventRow`] in one of the tables.
macro_rules! columns {
    ($table:ident) => {
        (
            $table::id,
            $table::created_at,
            $table::event_type,
            $table::priority,
            $table::publisher_id,
            $table::project_id,
            $table::request_id,
            $table::payload,
            $table::call_report,
        )
    };
}
pub(in crate::store) use columns;

impl EventRow<'_> {
    /// Returns its approximate size in bytes.
    pub(in crate::store) fn size(&self) -> usize {
        self.payload.len() + self.call_report.as_ref().map_or(0, |report| report.len()) + REST
    }
}

impl<'a> From<&'a Envelope> for EventRow<'a> {
    fn from(event: &'a Envelope) -> Self {
        Self {
            id: Cow::Borrowed(event.message_id.as_bytes()),
            created_at: event.timestamp,
            event_type: Cow::Borrowed(&event.event_type),
            priority: Cow::Borrowed(event.priority.name()),
            publisher_id: Cow::Borrowed(&event.publisher_id),
            project_id: event.project_id.as_deref().map(Cow::Borrowed),
            request_id: event.request_id.as_deref().map(Cow::Borrowed),
            payload: Cow::Borrowed(&event.payload),
            call_report: event.call_report.as_deref().map(Cow::Borrowed),
        }
    }
}

impl TryFrom<EventRow<'_>> for Envelope {
    type Error = Error;

    fn try_from(row: EventRow<'_>) -> Result<Self, Error> {
        let message_id = ids::uuid(&row.id)?;
        let priority = Priority::from_name(&row.priority).ok_or_else(|| {
            Error::Broken(format!("event {message_id} has the priority {:?}", row.priority))
        })?;
        Ok(Self {
            message_id,
            publisher_id: row.publisher_id.into_owned(),
            event_type: row.event_type.into_owned(),
            priority,
            timestamp: row.created_at,
            payload: row.payload.into_owned(),
            request_id: row.request_id.map(Cow::into_owned),
            project_id: row.project_id.map(Cow::into_owned),
            call_report: row.call_report.map(Cow::into_owned),
        })
    }
}
