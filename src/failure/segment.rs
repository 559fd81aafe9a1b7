//! Segments: groups of hosts that stand in for one another.

use serde_json::Value;
use uuid::Uuid;

use super::check::{Fault, Members};
use crate::named::named;

named! {
    /// How the virtual machines of a failed host are recovered.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub enum RecoveryMethod {
        /// The scheduler picks the hosts.
        Auto = "auto",
        /// They move to a reserved host.
        ReservedHost = "reserved_host",
        /// First as the scheduler picks, then to a reserved host.
        AutoPriority = "auto_priority",
        /// First to a reserved host, then as the scheduler picks.
        RhPriority = "rh_priority",
    }
}

/// A segment. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The number by which lists are paged; the database assigns it.
    pub id: i64,
    /// Its id everywhere else.
    pub uuid: Uuid,
    /// When it was created.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: Option<i64>,
    /// Its name, which no other segment has.
    pub name: String,
    /// What its hosts run.
    pub service_type: String,
    /// Whether failures are recovered.
    pub is_enabled: bool,
    /// A description.
    pub description: Option<String>,
    /// How they are recovered.
    pub recovery_method: RecoveryMethod,
}

/// The fields of a segment that a request gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SegmentFields {
    name: Option<String>,
    service_type: Option<String>,
    is_enabled: Option<bool>,
    /// A null removes it.
    #[allow(clippy::option_option, reason = "a field that is absent keeps it")]
    description: Option<Option<String>>,
    recovery_method: Option<RecoveryMethod>,
}

impl SegmentFields {
    /// Checks the body of a request. `enabled` is unknown to old microversions.
    ///
    /// # Errors
    /// Names the first invalid field.
    pub fn check(body: &Value, is_new: bool, has_enabled: bool) -> Result<Self, Fault> {
        let members = Members::of_body(body, "segment")?;
        let methods = RecoveryMethod::ALL.map(RecoveryMethod::name);
        let description = match members.value("description") {
            Some(Value::Null) => Some(None),
            _ => members
                .description("description")?
                .map(|text| Some(text.to_owned())),
        };
        let fields = Self {
            name: members.name("name")?.map(str::to_owned),
            description,
            recovery_method: members.one_of("recovery_method", &methods, RecoveryMethod::from_name)?,
            service_type: members.name("service_type")?.map(str::to_owned),
            is_enabled: if has_enabled {
                members.flag("enabled")?
            } else {
                None
            },
        };
        let names = [
            "name",
            "description",
            "recovery_method",
            "service_type",
            "enabled",
        ];
        let names = if has_enabled { &names[..] } else { &names[..4] };
        if is_new {
            members.require(&["name", "recovery_method", "service_type"])?;
        } else {
            members.require_any(names)?;
        }
        members.only(names)?;
        Ok(fields)
    }

    /// Returns the name in the request; an empty one if it has none.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// A new segment with these fields.
    pub fn into_segment(self, uuid: Uuid, now: i64) -> Segment {
        let mut segment = Segment {
            id: 0,
            uuid,
            created_at: now,
            updated_at: None,
            name: String::new(),
            service_type: String::new(),
            is_enabled: true,
            description: None,
            recovery_method: RecoveryMethod::Auto,
        };
        self.apply(&mut segment);
        segment
    }

    /// Changes a segment.
    pub fn apply(self, segment: &mut Segment) {
        segment.name = self.name.unwrap_or_else(|| segment.name.clone());
        segment.service_type = self.service_type.unwrap_or_else(|| segment.service_type.clone());
        segment.is_enabled = self.is_enabled.unwrap_or(segment.is_enabled);
        segment.recovery_method = self.recovery_method.unwrap_or(segment.recovery_method);
        if let Some(description) = self.description {
            segment.description = description;
        }
    }
}
