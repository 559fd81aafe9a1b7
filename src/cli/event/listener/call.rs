//! What a command asks for, whether the database or a server answers.

use serde_json::{Map, Value};
use tidings_client::Secret;
use uuid::Uuid;

use crate::cli::failure::Failure;

/// A call. Its answer is the JSON of the API: what it is about, without the envelope.
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
    /// Another secret to sign with: this one or a random one, which the answer contains. The present one signs on for `overlap`
    /// seconds.
    RotateSecret {
        listener: Uuid,
        secret: Option<Secret>,
        overlap: u32,
    },
    /// An event for this listener alone.
    Test(Uuid),
    /// A page of its deliveries, with the marker of the next one.
    Deliveries(Uuid, Selection),
    /// One of its deliveries, with the attempts.
    Delivery { listener: Uuid, delivery: Uuid },
    /// Another attempt of one delivery.
    Redeliver { listener: Uuid, delivery: Uuid },
    /// Further attempts of the deliveries of a time. Its answer is their number.
    RedeliverAll(Uuid, Period),
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

/// Which deliveries to make again. Times are microseconds since 1970.
#[derive(Debug, Clone)]
pub struct Period {
    /// Of events reported at or after this time,
    pub since: i64,
    /// and before this one; by default, now.
    pub until: Option<i64>,
    /// The name of a state.
    pub state: String,
}

impl Call {
    /// Returns the project that the call is about.
    pub fn project(&self) -> Option<&str> {
        match self {
            Self::List { project } | Self::Create { project, .. } => project.as_deref(),
            _ => None,
        }
    }
}

/// Reads the id of a listener. What is not an id belongs to no listener.
pub fn listener_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| missing(text, LISTENER))
}

/// Reads the id of a delivery.
pub fn delivery_id(text: &str) -> Result<Uuid, Failure> {
    text.parse().map_err(|_| missing(text, DELIVERY))
}

/// What ids belong to, in Pulp's words.
pub const LISTENER: &str = "event_listener";

/// What else they belong to.
pub const DELIVERY: &str = "delivery";

/// The error for an unknown id, in Pulp's words.
pub fn missing(id: impl std::fmt::Display, what: &str) -> Failure {
    Failure::NotFound(format!(
        "The following resource(s) could not be found:\n\n  {id} ({what})"
    ))
}
