//! The payloads of events about notifications, segments and hosts, in the versioned form of Masakari's notifications.

use chrono::DateTime;
use serde_json::{Value, json};

use super::host::Host;
use super::notification::FailureNotification;
use super::segment::Segment;

impl FailureNotification {
    /// The payload of `notification.*`; `fault` tells what failed.
    pub fn event_payload(&self, fault: Option<&str>) -> Value {
        let payload: Value = serde_json::from_str(&self.payload).unwrap_or_default();
        let data = json!({
            "id": self.id,
            "notification_uuid": self.uuid.to_string(),
            "generated_time": time(self.generated_time),
            "source_host_uuid": self.source_host_uuid.to_string(),
            "type": self.kind.name(),
            "payload": payload,
            "status": self.status.name(),
            "fault": fault.map(exception),
        });
        object("NotificationApiPayload", "1.0", &data)
    }
}

impl Segment {
    /// The payload of `segment.*`.
    pub fn event_payload(&self) -> Value {
        let mut data = self.event_data();
        data["fault"] = Value::Null;
        object("SegmentApiPayload", "1.1", &data)
    }

    fn event_data(&self) -> Value {
        json!({
            "id": self.id,
            "uuid": self.uuid.to_string(),
            "name": self.name,
            "service_type": self.service_type,
            "description": self.description,
            "recovery_method": self.recovery_method.name(),
            "enabled": self.is_enabled,
        })
    }
}

impl Host {
    /// The payload of `host.*`.
    pub fn event_payload(&self, segment: &Segment) -> Value {
        let mut of_segment = segment.event_data();
        of_segment["created_at"] = time(segment.created_at).into();
        of_segment["updated_at"] = segment.updated_at.map(time).into();
        of_segment["deleted_at"] = Value::Null;
        of_segment["deleted"] = false.into();
        let data = json!({
            "id": self.id,
            "uuid": self.uuid.to_string(),
            "name": self.name,
            "type": self.kind,
            "reserved": self.is_reserved,
            "control_attributes": self.control_attributes,
            "on_maintenance": self.on_maintenance,
            "failover_segment": object("FailoverSegment", "1.1", &of_segment),
            "fault": null,
        });
        object("HostApiPayload", "1.0", &data)
    }
}

/// A fault, in the form of an exception of Python.
fn exception(text: &str) -> Value {
    let data = json!({
        "module_name": "unknown",
        "function_name": "unknown",
        "exception": "str",
        "exception_message": text,
        "traceback": "NoneType: None\n",
    });
    object("ExceptionPayload", "1.0", &data)
}

fn object(name: &str, version: &str, data: &Value) -> Value {
    json!({
        "masakari_object.name": name,
        "masakari_object.namespace": "masakari",
        "masakari_object.version": version,
        "masakari_object.data": data,
    })
}

/// A time in whole seconds.
fn time(micros: i64) -> String {
    let time = DateTime::from_timestamp_micros(micros).unwrap_or_default();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
