//! Segments as JSON.

use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Segment;
use crate::message::time;

/// A segment.
#[derive(Serialize)]
pub struct View<'a> {
    id: i64,
    uuid: String,
    name: &'a str,
    service_type: &'a str,
    enabled: bool,
    description: Option<&'a str>,
    recovery_method: &'static str,
    created_at: String,
    updated_at: Option<String>,
    deleted_at: Option<String>,
    deleted: bool,
}

impl<'a> View<'a> {
    /// A segment.
    pub fn of(segment: &'a Segment) -> Self {
        Self {
            id: segment.id,
            uuid: segment.uuid.to_string(),
            name: &segment.name,
            service_type: &segment.service_type,
            enabled: segment.is_enabled,
            description: segment.description.as_deref(),
            recovery_method: segment.recovery_method.name(),
            created_at: time::format(segment.created_at),
            updated_at: segment.updated_at.map(time::format),
            deleted_at: None,
            deleted: false,
        }
    }
}

/// Returns the body of an answer about one segment.
pub fn body(segment: &Segment) -> Value {
    json!({ "segment": View::of(segment) })
}
