//! Hosts as JSON.

use serde::Serialize;
use serde_json::{Value, json};

use crate::api::instance_ha::segments::view::View as SegmentView;
use crate::failure::{Host, Segment};
use crate::message::time;

/// A host.
#[derive(Serialize)]
pub struct View<'a> {
    id: i64,
    uuid: String,
    name: &'a str,
    failover_segment_id: String,
    failover_segment: SegmentView<'a>,
    #[serde(rename = "type")]
    kind: &'a str,
    reserved: bool,
    control_attributes: &'a str,
    on_maintenance: bool,
    created_at: String,
    updated_at: Option<String>,
    deleted_at: Option<String>,
    deleted: bool,
}

impl<'a> View<'a> {
    /// A host of a segment.
    pub fn of(host: &'a Host, segment: &'a Segment) -> Self {
        Self {
            id: host.id,
            uuid: host.uuid.to_string(),
            name: &host.name,
            failover_segment_id: segment.uuid.to_string(),
            failover_segment: SegmentView::of(segment),
            kind: &host.kind,
            reserved: host.is_reserved,
            control_attributes: &host.control_attributes,
            on_maintenance: host.on_maintenance,
            created_at: time::format(host.created_at),
            updated_at: host.updated_at.map(time::format),
            deleted_at: None,
            deleted: false,
        }
    }
}

/// Returns the body of an answer about one host.
pub fn body(host: &Host, segment: &Segment) -> Value {
    json!({ "host": View::of(host, segment) })
}
