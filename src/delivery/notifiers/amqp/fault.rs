//! Why a broker did not take a message.

use lapin::ErrorKind;

use crate::bus;

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The broker's code; AMQP 1.0 has none.
    pub(super) status: Option<u16>,
    /// The broker's text, or ours if it gave none.
    pub(super) words: String,
    /// Whether it ends the connection. The library may still call it open, and then never answers.
    pub(super) is_fatal: bool,
}

impl Fault {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self {
            status: None,
            words: words.into(),
            is_fatal: false,
        }
    }
}

impl From<lapin::Error> for Fault {
    fn from(error: lapin::Error) -> Self {
        let (status, words) = match error.kind() {
            ErrorKind::ProtocolError(error) => (Some(error.get_id()), error.get_message().to_string()),
            _ => (None, error.to_string()),
        };
        let is_of_channel = matches!(
            error.kind(),
            ErrorKind::InvalidChannel(_)
                | ErrorKind::InvalidChannelState(..)
                | ErrorKind::ChannelsLimitReached
        );
        Self {
            status,
            words,
            is_fatal: !is_of_channel && !error.is_amqp_soft_error(),
        }
    }
}

impl From<bus::Error> for Fault {
    fn from(error: bus::Error) -> Self {
        Self::new(error.to_string())
    }
}
