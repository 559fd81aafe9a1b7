//! Events as services report them, before they have an envelope.

use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::check;
use super::envelope::Envelope;
use super::fault::ReportFault;
use super::priority::Priority;
use crate::catalog;
use crate::legible::is_legible;
use crate::spelling;

/// The longest publisher or request id, in characters.
const LONGEST: usize = 255;

/// An event as a service reports it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// An event type of the catalog.
    pub event_type: String,
    /// INFO, WARN or ERROR.
    pub priority: String,
    /// The payload that the type has at this priority.
    pub payload: Value,
    /// The publisher; defaults to this server.
    pub publisher_id: Option<String>,
    /// The request that caused it.
    pub request_id: Option<String>,
    /// The task it occurred in.
    pub call_report: Option<Value>,
}

/// A valid report.
#[derive(Debug, Clone)]
pub struct CheckedReport {
    event_type: &'static str,
    priority: Priority,
    payload: String,
    publisher_id: Option<String>,
    request_id: Option<String>,
    call_report: Option<String>,
}

impl Report {
    /// Validates the report against the catalog.
    ///
    /// # Errors
    /// Lists every fault.
    pub fn check(&self) -> Result<CheckedReport, Vec<ReportFault>> {
        self.check_with(true)
    }

    /// Like [`Report::check`]; suggests a name only if the answer will show it, since finding one is the slowest part.
    ///
    /// # Errors
    /// As [`Report::check`].
    pub fn check_with(&self, suggests: bool) -> Result<CheckedReport, Vec<ReportFault>> {
        let mut faults = Vec::new();
        let priority = match self.priority.as_str() {
            "INFO" => Some(Priority::Info),
            "WARN" => Some(Priority::Warn),
            "ERROR" => Some(Priority::Error),
            _ => {
                faults.push(ReportFault::new("priority", "must be INFO, WARN or ERROR"));
                None
            }
        };
        let known = catalog::event_type(&self.event_type);
        match known {
            None => {
                let names = catalog::event_types().iter().map(|known| known.name);
                let hint = suggests.then(|| spelling::hint(&self.event_type, names));
                let hint = hint.unwrap_or_default();
                faults.push(ReportFault::new(
                    "event_type",
                    format!("is not in the catalog{hint}"),
                ));
            }
            // Tenants may receive these because none contains free text, and audits rely on them.
            Some(known) if known.is_own() => {
                faults.push(ReportFault::new(
                    "event_type",
                    "can only be reported by this service itself",
                ));
            }
            Some(_) => {}
        }
        if let (Some(known), Some(priority)) = (known.filter(|known| !known.is_own()), priority) {
            faults.extend(
                check::payload(known, priority, &self.payload)
                    .err()
                    .unwrap_or_default(),
            );
        }
        for (field, name) in [
            ("publisher_id", &self.publisher_id),
            ("request_id", &self.request_id),
        ] {
            if name.as_deref().is_some_and(|name| !is_name(name)) {
                faults.push(ReportFault::new(
                    field,
                    "must be 1 to 255 printable characters, without format characters",
                ));
            }
        }
        if !matches!(self.call_report, None | Some(Value::Null | Value::Object(_))) {
            faults.push(ReportFault::new("call_report", "must be an object or null"));
        }
        match (known, priority) {
            (Some(known), Some(priority)) if faults.is_empty() => Ok(CheckedReport {
                event_type: known.name,
                priority,
                payload: self.payload.to_string(),
                publisher_id: self.publisher_id.clone(),
                request_id: self.request_id.clone(),
                call_report: self
                    .call_report
                    .as_ref()
                    .filter(|report| !report.is_null())
                    .map(Value::to_string),
            }),
            _ => Err(faults),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= LONGEST && is_legible(text)
}

impl CheckedReport {
    /// Creates a report of this program, whose payload is valid by construction.
    pub(super) fn own(event_type: &'static str, payload: &Value, request_id: Option<&str>) -> Self {
        Self {
            event_type,
            priority: Priority::Info,
            payload: payload.to_string(),
            publisher_id: None,
            request_id: request_id.map(str::to_owned),
            call_report: None,
        }
    }

    /// Returns the report with another priority.
    pub(super) fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Returns the event as it is stored and sent.
    pub(super) fn into_envelope(
        self,
        message_id: Uuid,
        timestamp: i64,
        publisher_id: &str,
        project_id: Option<&str>,
    ) -> Envelope {
        Envelope {
            message_id,
            publisher_id: self.publisher_id.unwrap_or_else(|| publisher_id.to_owned()),
            event_type: self.event_type.to_owned(),
            priority: self.priority,
            timestamp,
            payload: self.payload,
            request_id: self.request_id,
            project_id: project_id.map(str::to_owned),
            call_report: self.call_report,
        }
    }
}
