//! How much an event matters, as oslo.messaging has it.

use std::fmt;

/// The priorities of notifications. `WARNING` is none: listeners of oslo.messaging refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// For auditors.
    Audit,
    /// For who looks for a fault.
    Debug,
    /// Something happened as it should.
    Info,
    /// Something is amiss.
    Warn,
    /// Something failed.
    Error,
    /// Something failed that much depends on.
    Critical,
    /// A measured value.
    Sample,
}

impl Priority {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Audit,
        Self::Debug,
        Self::Info,
        Self::Warn,
        Self::Error,
        Self::Critical,
        Self::Sample,
    ];

    /// As it stands in an envelope: `INFO`.
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

    /// As it stands behind the topic in a queue's name: `info`.
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

    /// The priority of this name, in any case, as listeners of oslo.messaging read it.
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
