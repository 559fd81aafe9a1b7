//! Rows of events, in and out.
#![expect(clippy::ref_option_ref, reason = "it is in the code that the derive makes")]

use diesel::prelude::*;
use uuid::Uuid;

use crate::event::{Envelope, Priority};
use crate::store::error::Error;
use crate::store::schema::{events, outbox};

/// A row of the outbox on its way in.
#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub(in crate::store) struct NewSent<'a> {
    target: &'a str,
    id: &'a [u8],
    created_at: i64,
    event_type: &'a str,
    priority: &'a str,
    publisher_id: &'a str,
    project_id: Option<&'a str>,
    request_id: Option<&'a str>,
    payload: &'a str,
    call_report: Option<&'a str>,
}

impl<'a> NewSent<'a> {
    pub(super) fn new(target: &'a str, event: &'a Envelope) -> Self {
        Self {
            target,
            id: event.message_id.as_bytes(),
            created_at: event.timestamp,
            event_type: &event.event_type,
            priority: event.priority.name(),
            publisher_id: &event.publisher_id,
            project_id: event.project_id.as_deref(),
            request_id: event.request_id.as_deref(),
            payload: &event.payload,
            call_report: event.call_report.as_deref(),
        }
    }
}

/// A row of the history on its way in.
#[derive(Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(in crate::store) struct NewKept<'a> {
    id: &'a [u8],
    created_at: i64,
    event_type: &'a str,
    priority: &'a str,
    publisher_id: &'a str,
    project_id: Option<&'a str>,
    request_id: Option<&'a str>,
    payload: &'a str,
    call_report: Option<&'a str>,
}

impl<'a> From<&'a Envelope> for NewKept<'a> {
    fn from(event: &'a Envelope) -> Self {
        Self {
            id: event.message_id.as_bytes(),
            created_at: event.timestamp,
            event_type: &event.event_type,
            priority: event.priority.name(),
            publisher_id: &event.publisher_id,
            project_id: event.project_id.as_deref(),
            request_id: event.request_id.as_deref(),
            payload: &event.payload,
            call_report: event.call_report.as_deref(),
        }
    }
}

/// A row of the history.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub(in crate::store) struct KeptRow {
    pub(in crate::store) id: Vec<u8>,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) event_type: String,
    pub(in crate::store) priority: String,
    pub(in crate::store) publisher_id: String,
    pub(in crate::store) project_id: Option<String>,
    pub(in crate::store) request_id: Option<String>,
    pub(in crate::store) payload: String,
    pub(in crate::store) call_report: Option<String>,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub(in crate::store) struct SentRow {
    pub(in crate::store) target: String,
    pub(in crate::store) id: Vec<u8>,
    pub(in crate::store) created_at: i64,
    pub(in crate::store) event_type: String,
    pub(in crate::store) priority: String,
    pub(in crate::store) publisher_id: String,
    pub(in crate::store) project_id: Option<String>,
    pub(in crate::store) request_id: Option<String>,
    pub(in crate::store) payload: String,
    pub(in crate::store) call_report: Option<String>,
}

impl TryFrom<KeptRow> for Envelope {
    type Error = Error;

    fn try_from(row: KeptRow) -> Result<Self, Error> {
        let message_id = Uuid::from_slice(&row.id)
            .map_err(|_| Error::Broken("the id of an event is damaged".to_owned()))?;
        let priority = Priority::from_name(&row.priority).ok_or_else(|| {
            Error::Broken(format!("event {message_id} has the priority {:?}", row.priority))
        })?;
        Ok(Self {
            message_id,
            publisher_id: row.publisher_id,
            event_type: row.event_type,
            priority,
            timestamp: row.created_at,
            payload: row.payload,
            request_id: row.request_id,
            project_id: row.project_id,
            call_report: row.call_report,
        })
    }
}

impl TryFrom<SentRow> for Envelope {
    type Error = Error;

    fn try_from(row: SentRow) -> Result<Self, Error> {
        let kept = KeptRow {
            id: row.id,
            created_at: row.created_at,
            event_type: row.event_type,
            priority: row.priority,
            publisher_id: row.publisher_id,
            project_id: row.project_id,
            request_id: row.request_id,
            payload: row.payload,
            call_report: row.call_report,
        };
        kept.try_into()
    }
}
