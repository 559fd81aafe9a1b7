//! Faults in a report.

use std::fmt;

/// A fault in one field of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportFault {
    field: String,
    text: String,
}

impl ReportFault {
    pub(super) fn new(field: &str, text: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            text: text.into(),
        }
    }
}

impl fmt::Display for ReportFault {
    /// `payload.id: is required`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.text)
    }
}
