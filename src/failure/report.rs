//! What a monitor sends.

use serde_json::{Map, Value};

use super::check::{Fault, LONGEST_NAME, Members};
use super::kind::NotificationType;
use super::time;

/// A report whose outer form is valid. Its payload is checked on its own, as the policy is asked in between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What failed.
    pub kind: NotificationType,
    /// The name of the host.
    pub hostname: String,
    /// When the monitor noticed it, in microseconds since 1970.
    pub generated_time: i64,
    /// The rest.
    pub payload: Map<String, Value>,
}

impl Report {
    /// Checks the body of a request, up to the members of the payload that each type has.
    ///
    /// # Errors
    /// Names the first invalid field.
    pub fn check(body: &Value) -> Result<Self, Fault> {
        let members = Members::of_body(body, "notification")?;
        let kinds = NotificationType::ALL.map(NotificationType::name);
        let kind = members.one_of("type", &kinds, NotificationType::from_name)?;
        let hostname = members.text("hostname")?;
        if hostname.is_some_and(|name| !name.bytes().all(is_of_host)) {
            return Err(members.fault("hostname", "may have letters, digits, '.', '_' and '-' only"));
        }
        let generated_time = match members.text("generated_time")? {
            Some(text) => {
                let reason = "must be an ISO 8601 time from the year 2 to 9999, such as 2026-11-21T03:23:35Z";
                let time = time::parse(text).ok_or_else(|| members.fault("generated_time", reason))?;
                Some(time)
            }
            None => None,
        };
        let payload = members.value("payload").map(payload).transpose()?;
        let names = ["type", "hostname", "generated_time", "payload"];
        members.require(&names)?;
        members.only(&names)?;
        match (kind, hostname, generated_time, payload) {
            (Some(kind), Some(hostname), Some(generated_time), Some(payload)) => Ok(Self {
                kind,
                hostname: hostname.to_owned(),
                generated_time,
                payload,
            }),
            _ => Err(Fault::new("notification", "is incomplete")),
        }
    }
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._".contains(&byte)
}

/// Checks what payloads of all types have in common: names of few characters, and texts.
fn payload(value: &Value) -> Result<Map<String, Value>, Fault> {
    let members = Members::of(value, "payload")?;
    for (name, value) in members.iter() {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:. ".contains(&byte);
        if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(is_name) {
            let allowed = "is no valid name: letters, digits, '-', '_', ':', '.' and ' ', 1 to 255";
            return Err(members.fault(name, allowed));
        }
        if value
            .as_str()
            .is_none_or(|text| text.chars().count() > LONGEST_NAME)
        {
            return Err(members.fault(name, "must be a text of at most 255 characters"));
        }
    }
    Ok(members
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}
