//! The hosts of segments.

use serde_json::Value;
use uuid::Uuid;

use super::check::{Fault, LONGEST_NAME, Members};

/// A host. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The number by which lists are paged; the database assigns it.
    pub id: i64,
    /// Its id everywhere else.
    pub uuid: Uuid,
    /// When it was created.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: Option<i64>,
    /// Its name, which no other host has.
    pub name: String,
    /// What it runs.
    pub kind: String,
    /// How it is controlled.
    pub control_attributes: String,
    /// Whether it is kept free for recoveries.
    pub is_reserved: bool,
    /// Whether reports about it are refused.
    pub on_maintenance: bool,
    /// Its segment.
    pub segment_uuid: Uuid,
}

/// The fields of a host that a request gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostFields {
    name: Option<String>,
    kind: Option<String>,
    control_attributes: Option<String>,
    is_reserved: Option<bool>,
    on_maintenance: Option<bool>,
}

impl HostFields {
    /// Checks the body of a request.
    ///
    /// # Errors
    /// Names the first invalid field.
    pub fn check(body: &Value, is_new: bool) -> Result<Self, Fault> {
        let members = Members::of_body(body, "host")?;
        let kinds = "must be a text of at most 255 letters and digits";
        let kind = match members.value("type") {
            None => None,
            Some(value) => {
                let text = value.as_str().filter(|text| text.len() <= LONGEST_NAME);
                let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                Some(text.ok_or_else(|| members.fault("type", kinds))?)
            }
        };
        let fields = Self {
            name: members.name("name")?.map(str::to_owned),
            kind: kind.map(str::to_owned),
            control_attributes: members.description("control_attributes")?.map(str::to_owned),
            is_reserved: members.flag("reserved")?,
            on_maintenance: members.flag("on_maintenance")?,
        };
        let names = ["name", "type", "control_attributes", "reserved", "on_maintenance"];
        if is_new {
            members.require(&names[..3])?;
        } else {
            members.require_any(&names)?;
        }
        members.only(&names)?;
        Ok(fields)
    }

    /// Returns the name in the request; an empty one if it has none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// A new host of a segment with these fields.
    pub fn into_host(self, segment_uuid: Uuid, uuid: Uuid, now: i64) -> Host {
        let mut host = Host {
            id: 0,
            uuid,
            created_at: now,
            updated_at: None,
            name: String::new(),
            kind: String::new(),
            control_attributes: String::new(),
            is_reserved: false,
            on_maintenance: false,
            segment_uuid,
        };
        self.apply(&mut host);
        host
    }

    /// Changes a host.
    pub fn apply(self, host: &mut Host) {
        host.name = self.name.unwrap_or_else(|| host.name.clone());
        host.kind = self.kind.unwrap_or_else(|| host.kind.clone());
        host.control_attributes = self
            .control_attributes
            .unwrap_or_else(|| host.control_attributes.clone());
        host.is_reserved = self.is_reserved.unwrap_or(host.is_reserved);
        host.on_maintenance = self.on_maintenance.unwrap_or(host.on_maintenance);
    }
}
