//! Why a broker did not take a message.

use lapin::ErrorKind;

use crate::bus;

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The broker's code; AMQP 1.0 has none.
    pub(super) status: Option<u16>,
    /// The broker's words, or ours if it said nothing.
    pub(super) words: String,
}

impl Fault {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self {
            status: None,
            words: words.into(),
        }
    }
}

impl From<lapin::Error> for Fault {
    fn from(error: lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(error) => Self {
                status: Some(error.get_id()),
                words: error.get_message().to_string(),
            },
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<bus::Error> for Fault {
    fn from(error: bus::Error) -> Self {
        Self::new(error.to_string())
    }
}
