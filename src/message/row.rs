//! One message as it is stored.

use serde_json::{Value, json};
use uuid::Uuid;

use super::full_form::FullForm;
use super::time;
use crate::catalog::{Language, Stored};

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
    /// The columns that decide its text.
    pub fn stored(&self) -> Stored<'_> {
        Stored {
            event_id: &self.event_id,
            action_id: self.action_id.as_deref(),
            detail_id: self.detail_id.as_deref(),
            resource_type: self.resource_type.as_deref(),
            parameters: self.parameters.as_deref(),
        }
    }

    /// The payload of the event that tells of it: the full form, in English.
    pub fn payload(&self) -> Value {
        let (stored, language) = (self.stored(), Language::default());
        let mut text = String::new();
        // Writing into memory does not fail.
        let _ = stored.write_user_message(&mut text, language);
        let mut payload = json!({
            "id": self.id.to_string(),
            "event_id": self.event_id,
            "user_message": text,
            "message_level": self.message_level,
            "created_at": time::format(self.created_at),
            "guaranteed_until": self.expires_at.map(time::format),
            "request_id": self.request_id,
            "resource_type": self.resource_type,
            "resource_uuid": self.resource_uuid,
        });
        let full = serde_json::to_value(FullForm::of(&self.project_id, &stored, language));
        if let (Some(members), Ok(Value::Object(full))) = (payload.as_object_mut(), full) {
            members.extend(full);
        }
        payload
    }
}
