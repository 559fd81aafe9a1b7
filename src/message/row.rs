//! One message as it is stored.

use serde_json::{Value, json};
use uuid::Uuid;

use super::time;

/// One stored message. Its text is looked up in the catalog when it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Message {
    /// Time-ordered (version 7) where made here; any version where imported.
    pub id: Uuid,
    /// The project that may read it.
    pub project_id: String,
    /// The catalog's id, as `VOLUME_000002` or `VOLUME_VOLUME_SNAPSHOT_009_006`.
    pub event_id: String,
    /// The action of a composed id, as `009`; block storage keeps it beside the id, and old rows may disagree.
    pub action_id: Option<String>,
    /// The detail of a composed id, as `006`.
    pub detail_id: Option<String>,
    /// What kind of resource it tells of, in upper case.
    pub resource_type: Option<String>,
    /// Which resource it tells of.
    pub resource_uuid: Option<String>,
    /// The request that led to it.
    pub request_id: String,
    /// `ERROR`, `WARNING`, `INFO`; imported rows keep their own word, in upper case.
    pub message_level: String,
    /// The checked arguments of the text as JSON, when it has any.
    pub parameters: Option<String>,
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// When purge may take it, in microseconds since 1970, UTC; never, when none.
    pub expires_at: Option<i64>,
}

impl Message {
    /// What the event that tells of it holds: everything but the text, which is looked up.
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
