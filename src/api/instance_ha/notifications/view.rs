//! Notifications as JSON.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::failure::{FailureNotification, Progress};
use crate::message::time;

/// A notification.
#[derive(Serialize)]
pub struct View<'a> {
    id: i64,
    notification_uuid: String,
    generated_time: String,
    source_host_uuid: String,
    #[serde(rename = "type")]
    kind: &'static str,
    payload: &'a RawValue,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_workflow_details: Option<Vec<Step>>,
    failover_segment_uuid: Option<String>,
    message: Option<&'a str>,
    created_at: String,
    updated_at: Option<String>,
    deleted_at: Option<String>,
    deleted: bool,
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
        Self {
            id: notification.id,
            notification_uuid: notification.uuid.to_string(),
            generated_time: time::format(notification.generated_time),
            source_host_uuid: notification.source_host_uuid.to_string(),
            kind: notification.kind.name(),
            payload: serde_json::from_str(&notification.payload).unwrap_or(RawValue::NULL),
            status: notification.status.name(),
            recovery_workflow_details: None,
            failover_segment_uuid: notification.segment_uuid.map(|uuid| uuid.to_string()),
            message: notification.message.as_deref(),
            created_at: time::format(notification.created_at),
            updated_at: notification.updated_at.map(time::format),
            deleted_at: None,
            deleted: false,
        }
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
        self.recovery_workflow_details = Some(steps);
        self
    }
}
