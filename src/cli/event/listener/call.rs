//! What a command asks for, whether the database or a server answers.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::cli::failure::Failure;

/// A call. Its answer is the JSON of the API, without the envelope.
#[derive(Debug)]
pub enum Call {
    /// The listeners, of one project or all that the caller may see.
    List { project: Option<String> },
    /// A new listener, of a project or of the whole cloud.
    Create {
        project: Option<String>,
        members: Map<String, Value>,
    },
    /// One listener.
    Show(Uuid),
    /// Changes to a listener.
    Update(Uuid, Map<String, Value>),
    /// Its end.
    Delete(Uuid),
    /// Its deliveries.
    Deliveries(Uuid, Selection),
    /// Another attempt of one delivery.
    Redeliver { listener: Uuid, delivery: Uuid },
    /// The end of a dead letter.
    Dismiss {
        listener: Uuid,
        delivery: Uuid,
        reason: String,
    },
}

/// Which deliveries to list.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The name of a state.
    pub state: Option<String>,
    /// After this one.
    pub marker: Option<Uuid>,
    /// The most.
    pub limit: u32,
}

/// Reads the id of a listener. What is not an id belongs to no listener.
pub fn listener_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| missing(text, "event_listener"))
}

/// Reads the id of a delivery.
pub fn delivery_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| missing(text, "delivery"))
}

/// The error for an unknown id, in Pulp's words.
pub fn missing(id: impl std::fmt::Display, what: &str) -> Failure {
    Failure::NotFound(format!(
        "The following resource(s) could not be found:\n\n  {id} ({what})"
    ))
}
