//! `user_message.create`: lets a service record messages with the notifier that it already has.

use serde::Deserialize;
use serde_json::Value;

use crate::brief::{brief, listed};
use crate::bus::Notification;
use crate::message::{CheckedDraft, Draft, Object};
use crate::telemetry::RequestId;

/// The event type of an order.
pub const EVENT_TYPE: &str = "user_message.create";

/// The most faults that a refusal lists.
const MOST_FAULTS: usize = 5;

/// The longest refusal that repeats a name from the order, in bytes.
const LONGEST_REASON: usize = 512;

/// The context keys that may hold the project.
const PROJECT: [&str; 2] = ["project_id", "tenant"];

/// The context key of the request.
const REQUEST: &str = "request_id";

/// All context keys that an order uses.
pub const CONTEXT: [&str; 3] = [PROJECT[0], PROJECT[1], REQUEST];

/// An order.
#[derive(Debug)]
pub struct Order {
    /// The project that may read the messages.
    pub project: String,
    /// The request, for messages that name none themselves.
    pub request: Option<RequestId>,
    /// The messages, at least one.
    pub drafts: Vec<CheckedDraft>,
}

/// The body of a POST of messages, plus the project from its URL.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    project_id: Option<String>,
    message: Option<Object<Draft>>,
    messages: Option<Vec<Object<Draft>>>,
}

impl Order {
    /// Reads the payload. A missing project or request is taken from the context.
    ///
    /// # Errors
    /// Says what is wrong, naming the field.
    pub fn read(
        notification: &Notification,
        most: usize,
        is_project: impl Fn(&str) -> bool,
    ) -> Result<Self, String> {
        let Object(body): Object<Body> = serde_path_to_error::deserialize(&notification.payload)
            .map_err(|error| brief(&error.to_string(), LONGEST_REASON).into_owned())?;
        let of_context = |name: &str| notification.context.get(name).and_then(Value::as_str);
        let project = body
            .project_id
            .or_else(|| PROJECT.into_iter().find_map(of_context).map(str::to_owned));
        let project = project
            .filter(|project| is_project(project))
            .ok_or("project_id: is missing or invalid")?;
        let drafts = match (body.message, body.messages) {
            (Some(draft), None) => vec![draft],
            (None, Some(drafts)) if (1..=most).contains(&drafts.len()) => drafts,
            (None, Some(_)) => return Err(format!("messages: must have 1 to {most} entries")),
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
            request: of_context(REQUEST).and_then(RequestId::parse_global),
            drafts: checked,
        })
    }
}
