//! Why a command failed, and its exit code, which tells scripts the kind of failure.

use std::error::Error;
use std::io;

use crate::api::StartError;
use crate::config::ConfigFaults;
use crate::delivery;
use crate::identity::policy;
use crate::ingest;
use crate::store;
use crate::telemetry::log::LogError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Invalid input: exit 65.
    #[error("{0}")]
    Data(String),
    /// Not found: exit 66.
    #[error("{0}")]
    NotFound(String),
    /// A server or Keystone does not answer, or fails: exit 69.
    #[error("{0}")]
    Unavailable(String),
    /// A server or Keystone does not permit it: exit 77.
    #[error("{0}")]
    Denied(String),
    /// In use by another process: exit 75.
    #[error("{0}")]
    Held(String),
    /// Invalid configuration: exit 78.
    #[error(transparent)]
    Config(#[from] ConfigFaults),
    /// A required setting is missing or unusable: exit 78.
    #[error("{0}")]
    Unconfigured(String),
    /// The database cannot be used: exit 69, or 70 if it is broken.
    #[error("{context}")]
    Store {
        /// What the command was doing.
        context: String,
        /// The cause.
        source: store::Error,
    },
    /// The server did not start: exit 69 for the address, 78 for the configuration.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Events cannot be delivered as configured: exit 78.
    #[error(transparent)]
    Delivery(#[from] delivery::SetupError),
    /// Notifications cannot be consumed as configured: exit 78.
    #[error(transparent)]
    Ingest(#[from] ingest::SetupError),
    /// Invalid policy files: exit 78.
    #[error(transparent)]
    Policy(#[from] policy::PolicyFaults),
    /// The log cannot be opened: exit 73.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file could not be read or written: exit 74.
    #[error("{context}")]
    Io {
        /// What the command was doing.
        context: String,
        /// The cause.
        source: io::Error,
    },
}

impl Failure {
    /// Returns the exit code, as in sysexits.h. 0 is success, 2 an invalid command line.
    pub fn code(&self) -> u8 {
        match self {
            Self::Data(_) => 65,
            Self::NotFound(_) => 66,
            Self::Start(StartError::Bind { .. }) | Self::Unavailable(_) => 69,
            Self::Store { source, .. } => match source {
                store::Error::Busy(_) | store::Error::Exhausted(_) | store::Error::Unavailable(_) => 69,
                store::Error::NotFound => 66,
                store::Error::Conflict(_) | store::Error::Damaged(_) | store::Error::Broken(_) => 70,
            },
            Self::Log(_) => 73,
            Self::Io { .. } => 74,
            Self::Held(_) => 75,
            Self::Denied(_) => 77,
            Self::Start(_)
            | Self::Delivery(_)
            | Self::Ingest(_)
            | Self::Policy(_)
            | Self::Config(_)
            | Self::Unconfigured(_) => 78,
        }
    }

    /// Wraps an I/O error.
    pub fn io(context: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let context = context.into();
        move |source| Self::Io { context, source }
    }

    /// Wraps a store error.
    pub fn store(context: impl Into<String>) -> impl FnOnce(store::Error) -> Self {
        let context = context.into();
        move |source| Self::Store { context, source }
    }

    /// Whether the reader of the output has gone, which ends a command silently (`tidings ... | head`).
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Returns the message with all causes.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// The exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0   done
  2   the command line is invalid
  65  the input is invalid
  66  no such message, notification, host, catalog entry or listener
  69  the database, the address or a server is not available
  70  the database or its schema does not match this version
  73  the log file cannot be opened
  74  a file cannot be read or written
  75  another purge is running, or a server writes while its store is copied; try again later
  77  a server does not permit it
  78  the configuration is invalid
  130, 143  ended by SIGINT or SIGTERM (serve, purge and ingest: by the second one)";
