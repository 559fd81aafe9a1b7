//! The events about notifications, segments and hosts.

use serde_json::Value;

use crate::event::{Priority, Reporter};
use crate::failure::{FailureNotification, Host, Segment};
use crate::store::{Error, Tx, delivery};

/// What happens in the processing of a notification.
pub(super) enum Process<'a> {
    Start,
    End,
    Error(&'a str),
}

/// A change of a segment or host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was created.
    Create,
    /// It was changed.
    Update,
    /// It was deleted.
    Delete,
}

/// Reports a step in the processing of a notification. Its payload has the status before the change, as Masakari's has.
pub(super) fn process(
    tx: &mut Tx<'_>,
    reporter: &Reporter,
    notification: &FailureNotification,
    process: &Process<'_>,
    now: i64,
) -> Result<(), Error> {
    let (event_type, priority, fault) = match process {
        Process::Start => ("notification.process.start", Priority::Info, None),
        Process::End => ("notification.process.end", Priority::Info, None),
        Process::Error(fault) => ("notification.process.error", Priority::Error, Some(*fault)),
    };
    delivery::report(tx, reporter, |reporter| {
        reporter.changes(&[event_type], priority, now, &|| {
            notification.event_payload(fault)
        })
    })
}

/// Reports that a notification was accepted.
pub fn created(
    tx: &mut Tx<'_>,
    reporter: &Reporter,
    notification: &FailureNotification,
    now: i64,
) -> Result<(), Error> {
    let types = ["notification.create.start", "notification.create.end"];
    both(tx, reporter, types, now, &|| notification.event_payload(None))
}

/// Reports a change of a segment.
pub fn segment_changed(
    tx: &mut Tx<'_>,
    reporter: &Reporter,
    change: Change,
    segment: &Segment,
    now: i64,
) -> Result<(), Error> {
    let types = match change {
        Change::Create => ["segment.create.start", "segment.create.end"],
        Change::Update => ["segment.update.start", "segment.update.end"],
        Change::Delete => ["segment.delete.start", "segment.delete.end"],
    };
    both(tx, reporter, types, now, &|| segment.event_payload())
}

/// Reports a change of a host of a segment.
pub fn host_changed(
    tx: &mut Tx<'_>,
    reporter: &Reporter,
    change: Change,
    host: &Host,
    segment: &Segment,
    now: i64,
) -> Result<(), Error> {
    let types = match change {
        Change::Create => ["host.create.start", "host.create.end"],
        Change::Update => ["host.update.start", "host.update.end"],
        Change::Delete => ["host.delete.start", "host.delete.end"],
    };
    both(tx, reporter, types, now, &|| host.event_payload(segment))
}

/// A change that is committed at once is begun and completed at once.
fn both(
    tx: &mut Tx<'_>,
    reporter: &Reporter,
    types: [&'static str; 2],
    now: i64,
    payload: &dyn Fn() -> Value,
) -> Result<(), Error> {
    delivery::report(tx, reporter, |reporter| {
        reporter.changes(&types, Priority::Info, now, payload)
    })
}
