//! Failure notifications as the commands show them.

use serde_json::{Value, json};

use crate::failure::{FailureNotification, Progress, Update, VMove};
use crate::message::time;

/// A notification and what happened to it.
pub(super) struct History {
    pub(super) notification: FailureNotification,
    pub(super) updates: Vec<Update>,
    pub(super) steps: Vec<Progress>,
    pub(super) vmoves: Vec<VMove>,
}

pub(super) fn json(of: &FailureNotification) -> Value {
    let payload: Value = serde_json::from_str(&of.payload).unwrap_or_default();
    json!({
        "id": of.id,
        "notification_uuid": of.uuid.to_string(),
        "created_at": time::format(of.created_at),
        "updated_at": of.updated_at.map(time::format),
        "generated_time": time::format(of.generated_time),
        "type": of.kind.name(),
        "source_host_uuid": of.source_host_uuid.to_string(),
        "failover_segment_uuid": of.segment_uuid.map(|id| id.to_string()),
        "payload": payload,
        "status": of.status.name(),
        "message": of.message,
        "engine": of.engine,
        "lease": of.term.0,
        "lease_until": of.lease_until.map(time::format),
        "retries": of.retries,
    })
}

impl History {
    pub(super) fn json(&self) -> Value {
        let mut json = json(&self.notification);
        json["updates"] = self.updates.iter().map(update).collect();
        json["steps"] = self.steps.iter().map(step).collect();
        json["vmoves"] = self.vmoves.iter().map(vmove).collect();
        json
    }

    /// The fields, each with its value.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        if let Value::Object(fields) = json(&self.notification) {
            rows.extend(fields.into_iter().map(|(name, value)| vec![name, text(&value)]));
        }
        let lines = self.updates.iter().map(update_line);
        let mut lines: Vec<(i64, String)> = lines.chain(self.steps.iter().map(step_line)).collect();
        lines.sort_by_key(|(at, _)| *at);
        rows.extend(lines.into_iter().map(|(at, line)| vec![time::format(at), line]));
        rows.extend(self.vmoves.iter().map(|of| {
            let to = of.dest_host.as_deref().unwrap_or("?");
            let why = of.message.as_deref().map(|message| format!(": {message}"));
            let line = format!(
                "{} to {to}: {}{}",
                of.instance_uuid,
                of.status.name(),
                why.unwrap_or_default()
            );
            vec!["vmove".to_owned(), line]
        }));
        rows
    }
}

/// A change of the status, with its time.
pub(super) fn update_line(of: &Update) -> (i64, String) {
    (
        of.at,
        format!("{} -> {}: {}", of.from.name(), of.to.name(), of.cause),
    )
}

/// A line about a step, with its time.
pub(super) fn step_line(of: &Progress) -> (i64, String) {
    (of.at, format!("{} {}: {}", of.step, of.state.name(), of.message))
}

fn update(of: &Update) -> Value {
    json!({ "at": time::format(of.at), "from": of.from.name(), "to": of.to.name(), "cause": of.cause })
}

fn step(of: &Progress) -> Value {
    json!({
        "at": time::format(of.at),
        "name": of.step,
        "state": of.state.name(),
        "progress": of.progress,
        "message": of.message,
    })
}

fn vmove(of: &VMove) -> Value {
    json!({
        "uuid": of.uuid.to_string(),
        "instance_uuid": of.instance_uuid,
        "instance_name": of.instance_name,
        "source_host": of.source_host,
        "dest_host": of.dest_host,
        "start_time": of.start_time.map(time::format),
        "end_time": of.end_time.map(time::format),
        "type": of.kind,
        "status": of.status.name(),
        "message": of.message,
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
