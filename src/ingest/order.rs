//! `user_message.create`: a service that records a message with the notifier it already has.

use serde::Deserialize;
use serde_json::Value;

use crate::brief::{brief, listed};
use crate::bus::Notification;
use crate::message::{Checked, Draft, Object};

/// The event type by which services order messages.
pub const EVENT_TYPE: &str = "user_message.create";

/// Most faults that a refusal names.
const MOST_FAULTS: usize = 5;

/// The longest text of a refusal that repeats a name of the order, in bytes.
const LONGEST_REASON: usize = 512;

/// The members of the context that may name the project.
pub const CONTEXT: [&str; 2] = ["project_id", "tenant"];

/// What a service ordered.
#[derive(Debug)]
pub struct Order {
    /// The project that may read the messages.
    pub project: String,
    /// The messages, at least one.
    pub drafts: Vec<Checked>,
}

/// The body of a POST of messages, and the project that stands in its URL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    project_id: Option<String>,
    message: Option<Object<Draft>>,
    messages: Option<Vec<Object<Draft>>>,
}

impl Order {
    /// Reads the payload; without a project there, that of the context counts.
    ///
    /// # Errors
    /// What is wrong with it, naming the field.
    pub fn read(
        notification: &Notification,
        most: usize,
        is_project: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        let Object(body): Object<Body> = serde_path_to_error::deserialize(&notification.payload)
            .map_err(|error| brief(&error.to_string(), LONGEST_REASON).into_owned())?;
        let of_context = CONTEXT.iter().find_map(|name| notification.context.get(*name));
        let project = body
            .project_id
            .or_else(|| of_context.and_then(Value::as_str).map(str::to_owned));
        let project = project
            .filter(|project| is_project(project))
            .ok_or("project_id: is missing, or is none")?;
        let drafts = match (body.message, body.messages) {
            (Some(draft), None) => vec![draft],
            (None, Some(drafts)) if (1..=most).contains(&drafts.len()) => drafts,
            (None, Some(_)) => return Err(format!("messages: must be 1 to {most}")),
            _ => return Err("message: is required, or messages".to_owned()),
        };
        let mut checked = Vec::with_capacity(drafts.len());
        for (index, Object(draft)) in drafts.iter().enumerate() {
            let draft = draft.check().map_err(|faults| {
                let faults = faults.iter().map(|fault| format!("messages[{index}].{fault}"));
                listed(faults, "; ", MOST_FAULTS)
            })?;
            checked.push(draft);
        }
        Ok(Self {
            project,
            drafts: checked,
        })
    }
}
