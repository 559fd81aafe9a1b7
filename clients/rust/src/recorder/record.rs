//! A message to record.

use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value};

use tidings_catalog::{Code, Level};

/// The largest message that is sent, in bytes of JSON: far above what the catalog's messages need, far below a
/// batch.
const MAX_MESSAGE: usize = 64 * 1024;
/// The longest project id that is sent; a server may allow less.
const MAX_PROJECT: usize = 255;

/// A message to record: a code of the catalog and its context. The fields are those of
/// `POST /v3/{project_id}/messages`.
#[derive(Debug, Clone, Serialize)]
#[must_use = "a record does nothing until passed to `Recorder::record`"]
pub struct Record {
    event_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_uuid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
}

impl Record {
    /// Creates a message with a code of the catalog.
    pub fn new(code: Code) -> Self {
        Self {
            event_id: code.to_string(),
            resource_type: None,
            resource_uuid: None,
            request_id: None,
            message_level: None,
            parameters: Map::new(),
        }
    }

    /// Sets the id of the resource: a UUID, or a name if the catalog says that such resources have names. The server
    /// refuses it with a flat code unless [`Record::resource_type`] is set.
    pub fn resource(mut self, id: impl Display) -> Self {
        self.resource_uuid = Some(id.to_string());
        self
    }

    /// Sets the type of the resource. Only flat codes, which do not imply one, need it.
    pub fn resource_type(mut self, kind: impl Display) -> Self {
        self.resource_type = Some(kind.to_string());
        self
    }

    /// Sets the request (`req-<uuid>`) that failed, so that the tenant can quote it to the operator.
    pub fn request_id(mut self, id: impl Display) -> Self {
        self.request_id = Some(id.to_string());
        self
    }

    /// Overrides the catalog's level.
    pub fn level(mut self, level: Level) -> Self {
        self.message_level = Some(level.as_str());
        self
    }

    /// Sets a parameter of the code's text. The server refuses messages with parameters that the catalog does not
    /// declare.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Returns the code, for logs, and the JSON to send; `None` if it is too large.
    pub(super) fn into_parts(self) -> (String, Option<Box<str>>) {
        let json = serde_json::to_string(&self)
            .ok()
            .filter(|json| json.len() <= MAX_MESSAGE);
        (self.event_id, json.map(String::into_boxed_str))
    }
}

/// Whether `id` can be a path segment without escaping. The server decides whether it is a project.
pub(super) fn is_project_id(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=MAX_PROJECT).contains(&id.len()) && id.bytes().all(plain) && !id.bytes().all(|b| b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_catalog::volume::UNABLE_TO_ALLOCATE;

    #[test]
    fn only_what_was_given_is_sent() {
        let bare = Record::new(UNABLE_TO_ALLOCATE).into_parts().1.unwrap();
        assert_eq!(&*bare, format!(r#"{{"event_id":"{UNABLE_TO_ALLOCATE}"}}"#));
        let full = Record::new(UNABLE_TO_ALLOCATE)
            .resource_type("volume")
            .resource("vol-1")
            .request_id("req-1")
            .level(Level::Warning)
            .parameter("size", 5);
        let value: Value = serde_json::from_str(&full.into_parts().1.unwrap()).unwrap();
        assert_eq!(value["resource_type"], "volume");
        assert_eq!(value["resource_uuid"], "vol-1");
        assert_eq!(value["request_id"], "req-1");
        assert_eq!(value["message_level"], "WARNING");
        assert_eq!(value["parameters"]["size"], 5);
    }

    #[test]
    fn an_enormous_message_is_not_made() {
        let record = Record::new(UNABLE_TO_ALLOCATE).parameter("x", "y".repeat(MAX_MESSAGE));
        assert!(record.into_parts().1.is_none());
    }

    #[test]
    fn project_ids_cannot_leave_their_path_segment() {
        for good in ["p", "6e4ba1b5f0ad4c5a8b0c1e9b3a6f7d21", "a-b_c.d"] {
            assert!(is_project_id(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a%2fb",
            "a b",
            "a?b",
            "p\u{e9}",
            "a\r\n",
            &"a".repeat(256),
        ] {
            assert!(!is_project_id(bad), "{bad}");
        }
    }
}
