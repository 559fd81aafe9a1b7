//! A message as it is stored.

use serde_json::{Value, json};
use uuid::Uuid;

use super::full_form::FullForm;
use super::time;
use crate::catalog::{Language, Stored};

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
    /// Returns the columns that determine its text.
    pub fn stored(&self) -> Stored<'_> {
        Stored {
            event_id: &self.event_id,
            action_id: self.action_id.as_deref(),
            detail_id: self.detail_id.as_deref(),
            resource_type: self.resource_type.as_deref(),
            parameters: self.parameters.as_deref(),
        }
    }

    /// Returns the payload of its event: the full form, in English.
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
