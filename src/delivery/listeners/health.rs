//! Tells the owner of a listener that it was disabled, and operators that it was disabled or recovered.

use serde_json::{Value, json};
use uuid::Uuid;

use super::terms::SettleTerms;
use crate::catalog::tidings;
use crate::event::{Origin, Reporter};
use crate::listener::Listener;
use crate::message::{Draft, Message, time};
use crate::store::{Error, Tx, delivery, listener, message};

/// A listener that failed for this long, in microseconds, is worth an event when it recovers.
const WORTH_TELLING: i64 = 3600 * time::SECOND;

const DISABLED: &str = "listener.disabled";
const RECOVERED: &str = "listener.recovered";

/// Disables a listener at `now` (microseconds since 1970), and tells of it.
pub(super) fn disable(
    tx: &mut Tx<'_>,
    listener: &Listener,
    reason: &str,
    terms: &SettleTerms,
    now: i64,
) -> Result<(), Error> {
    let reporter = &terms.reporter;
    if !listener::disable(tx, listener.id, listener.updated_at, reason, now)? {
        return Ok(());
    }
    tracing::warn!(listener = %listener.id, reason, "a listener was disabled");
    let mut payload = payload(listener, listener.failing_since);
    payload["reason"] = reason.into();
    report(tx, listener, DISABLED, payload, reporter, now)?;
    match listener
        .reach
        .project()
        .and_then(|project| told(listener.id, project, now, terms.ttl))
    {
        Some(told) => message::add(tx, &told, reporter),
        // The operator's own listeners belong to no project.
        None => Ok(()),
    }
}

/// Notes at `now` (microseconds since 1970) that a delivery of a failing listener arrived, and tells of it if it had failed for long.
pub(super) fn recover(
    tx: &mut Tx<'_>,
    listener: &Listener,
    terms: &SettleTerms,
    now: i64,
) -> Result<(), Error> {
    match listener::note_recovered(tx, listener.id)? {
        Some(since) if now.saturating_sub(since) >= WORTH_TELLING => {
            tracing::info!(listener = %listener.id, "a listener has recovered");
            report(
                tx,
                listener,
                RECOVERED,
                payload(listener, Some(since)),
                &terms.reporter,
                now,
            )
        }
        _ => Ok(()),
    }
}

fn report(
    tx: &mut Tx<'_>,
    listener: &Listener,
    event_type: &'static str,
    payload: Value,
    reporter: &Reporter,
    now: i64,
) -> Result<(), Error> {
    let origin = Origin {
        project_id: listener.reach.project(),
        request_id: None,
    };
    delivery::report(tx, reporter, |reporter| {
        reporter.own_change(event_type, payload, origin, now)
    })
}

fn payload(listener: &Listener, since: Option<i64>) -> Value {
    json!({
        "id": listener.id.to_string(),
        "name": listener.settings.name,
        "project_id": listener.reach.project(),
        "notifier_type": listener.settings.notifier.kind().name(),
        "failing_since": since.map(time::format),
    })
}

/// The message for the owner.
fn told(listener: Uuid, project: &str, now: i64, ttl: u32) -> Option<Message> {
    let draft = Draft {
        event_id: Some(tidings::LISTENER_DISABLED.to_string()),
        resource_type: Some("LISTENER".to_owned()),
        resource_uuid: Some(listener.to_string()),
        ..Draft::default()
    };
    let id = Uuid::now_v7();
    let checked = draft.check().ok()?;
    Some(checked.into_message(id, project, now, ttl, &format!("req-{id}")))
}
