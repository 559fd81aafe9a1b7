//! Notifications as JSON.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::api::json;
use crate::failure::{FailureNotification, ListedNotification, NotificationType, Progress, Status};
use crate::message::time;

/// A notification.
pub struct View<'a> {
    id: i64,
    uuid: Uuid,
    generated_time: i64,
    source_host_uuid: Uuid,
    kind: NotificationType,
    payload: &'a str,
    status: Status,
    steps: Option<Vec<Step>>,
    segment_uuid: Option<Uuid>,
    message: Option<&'a str>,
    created_at: i64,
    updated_at: Option<i64>,
}

/// The view of a notification, whether all of it was read or what lists show.
macro_rules! view {
    ($of:expr) => {
        View {
            id: $of.id,
            uuid: $of.uuid,
            generated_time: $of.generated_time,
            source_host_uuid: $of.source_host_uuid,
            kind: $of.kind,
            payload: &$of.payload,
            status: $of.status,
            steps: None,
            segment_uuid: $of.segment_uuid,
            message: $of.message.as_deref(),
            created_at: $of.created_at,
            updated_at: $of.updated_at,
        }
    };
}

/// A step of the recovery.
#[derive(Serialize)]
struct Step {
    name: String,
    progress: f64,
    progress_details: Vec<Line>,
    state: &'static str,
}

/// A line about a step. All its values are texts.
#[derive(Serialize)]
struct Line {
    timestamp: String,
    progress: String,
    message: String,
}

impl<'a> View<'a> {
    /// A notification without the steps of its recovery.
    pub fn of(notification: &'a FailureNotification) -> Self {
        view!(notification)
    }

    /// The same of a list.
    pub fn listed(notification: &'a ListedNotification) -> Self {
        view!(notification)
    }

    /// Writes it straight into a buffer: a page has a thousand.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"id\":");
        out.extend_from_slice(self.id.to_string().as_bytes());
        out.extend_from_slice(b",\"notification_uuid\":\"");
        json::uuid(out, self.uuid);
        out.extend_from_slice(b"\",\"generated_time\":");
        json::instant(out, self.generated_time);
        out.extend_from_slice(b",\"source_host_uuid\":\"");
        json::uuid(out, self.source_host_uuid);
        out.extend_from_slice(b"\",\"type\":\"");
        out.extend_from_slice(self.kind.name().as_bytes());
        out.extend_from_slice(b"\",\"payload\":");
        let payload: &RawValue = serde_json::from_str(self.payload).unwrap_or(RawValue::NULL);
        out.extend_from_slice(payload.get().as_bytes());
        out.extend_from_slice(b",\"status\":\"");
        out.extend_from_slice(self.status.name().as_bytes());
        out.push(b'"');
        if let Some(steps) = &self.steps {
            out.extend_from_slice(b",\"recovery_workflow_details\":");
            out.extend_from_slice(&serde_json::to_vec(steps).unwrap_or_default());
        }
        out.extend_from_slice(b",\"failover_segment_uuid\":");
        or_null(out, self.segment_uuid, |out, uuid| {
            out.push(b'"');
            json::uuid(out, uuid);
            out.push(b'"');
        });
        out.extend_from_slice(b",\"message\":");
        or_null(out, self.message, json::string);
        out.extend_from_slice(b",\"created_at\":");
        json::instant(out, self.created_at);
        out.extend_from_slice(b",\"updated_at\":");
        or_null(out, self.updated_at, json::instant);
        out.extend_from_slice(b",\"deleted_at\":null,\"deleted\":false}");
    }

    /// The same with the steps, which these lines are about.
    pub fn with_steps(mut self, lines: Vec<Progress>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for line in lines {
            let details = Line {
                timestamp: time::format(line.at).replace('T', " "),
                // As Python prints a float.
                progress: format!("{:?}", line.progress),
                message: line.message,
            };
            match steps.iter_mut().find(|step| step.name == line.step) {
                Some(step) => {
                    step.progress = line.progress;
                    step.state = line.state.name();
                    step.progress_details.push(details);
                }
                None => steps.push(Step {
                    name: line.step,
                    progress: line.progress,
                    progress_details: vec![details],
                    state: line.state.name(),
                }),
            }
        }
        self.steps = Some(steps);
        self
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Vec::new();
        self.write(&mut text);
        let raw: &RawValue = serde_json::from_slice(&text).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

fn or_null<T>(out: &mut Vec<u8>, value: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    match value {
        Some(value) => write(out, value),
        None => out.extend_from_slice(b"null"),
    }
}
