//! Moves of virtual machines as JSON.

use serde::Serialize;

use crate::failure::VMove;
use crate::message::time;

/// A move.
#[derive(Serialize)]
pub struct View<'a> {
    id: i64,
    uuid: String,
    notification_uuid: String,
    instance_uuid: &'a str,
    instance_name: Option<&'a str>,
    source_host: Option<&'a str>,
    dest_host: Option<&'a str>,
    start_time: Option<String>,
    end_time: Option<String>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    status: &'static str,
    message: Option<&'a str>,
    created_at: String,
    updated_at: Option<String>,
    deleted_at: Option<String>,
    deleted: bool,
}

impl<'a> View<'a> {
    /// A move.
    pub fn of(vmove: &'a VMove) -> Self {
        Self {
            id: vmove.id,
            uuid: vmove.uuid.to_string(),
            notification_uuid: vmove.notification_uuid.to_string(),
            instance_uuid: &vmove.instance_uuid,
            instance_name: vmove.instance_name.as_deref(),
            source_host: vmove.source_host.as_deref(),
            dest_host: vmove.dest_host.as_deref(),
            start_time: vmove.start_time.map(time::format),
            end_time: vmove.end_time.map(time::format),
            kind: vmove.kind.as_deref(),
            status: vmove.status.name(),
            message: vmove.message.as_deref(),
            created_at: time::format(vmove.created_at),
            updated_at: vmove.updated_at.map(time::format),
            deleted_at: None,
            deleted: false,
        }
    }
}
