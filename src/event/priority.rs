//! Priorities of events, as in oslo.messaging.

use std::fmt;

/// The priorities of notifications. `WARNING` is not one: oslo.messaging's listeners reject it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// For auditors.
    Audit,
    /// For debugging.
    Debug,
    /// Something happened as expected.
    Info,
    /// Something is wrong.
    Warn,
    /// Something failed.
    Error,
    /// Something essential failed.
    Critical,
    /// A measured value.
    Sample,
}

impl Priority {
    /// Every priority.
    pub const ALL: [Self; 7] = [
        Self::Audit,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Critical,
        Self::Sample,
    ];

    /// Returns the name in the envelope: `INFO`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Audit => "AUDIT",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
            Self::Sample => "SAMPLE",
        }
    }

    /// Returns the suffix of the topic in a queue's name: `info`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Sample => "sample",
        }
    }

    /// Parses a priority in any case, as oslo.messaging's listeners do.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
