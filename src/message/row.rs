//! A message as it is stored.

use serde_json::{Value, json};
use uuid::Uuid;

use super::time;

/// A stored message. The catalog supplies its text on reading.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Message {
    /// Time-ordered (version 7) if recorded here; any version if imported.
    pub id: Uuid,
    /// The project that may read it.
    pub project_id: String,
    /// The code, such as `VOLUME_000002` or `VOLUME_VOLUME_SNAPSHOT_009_006`.
    pub event_id: String,
    /// The action of a composed code, such as `009`; block storage stores it in addition to the code, and old rows may
    /// disagree.
    pub action_id: Option<String>,
    /// The detail of a composed code, such as `006`.
    pub detail_id: Option<String>,
    /// The resource's type, in upper case.
    pub resource_type: Option<String>,
    /// The resource's id.
    pub resource_uuid: Option<String>,
    /// The request that caused it.
    pub request_id: String,
    /// `ERROR`, `WARNING` or `INFO`; imported rows keep their own word, in upper case.
    pub message_level: String,
    /// The validated arguments of the text as JSON, if any.
    pub parameters: Option<String>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// When purge may delete it, in microseconds since 1970, UTC; `None` for never.
    pub expires_at: Option<i64>,
}

impl Message {
    /// Returns the payload of its event: everything but the text.
    pub fn payload(&self) -> Value {
        json!({
            "id": self.id.to_string(),
            "project_id": self.project_id,
            "event_id": self.event_id,
            "resource_type": self.resource_type,
            "resource_uuid": self.resource_uuid,
            "request_id": self.request_id,
            "message_level": self.message_level,
            "created_at": time::format(self.created_at),
            "guaranteed_until": self.expires_at.map(time::format),
        })
    }
}
