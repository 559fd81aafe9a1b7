//! Notifications as oslo.messaging's listeners see them.

use serde_json::{Map, Value};

/// A valid notification.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notification {
    /// The sender's id for it.
    pub message_id: Option<String>,
    /// The sender; it proves nothing.
    pub publisher_id: Option<String>,
    /// What happened.
    pub event_type: Option<String>,
    /// The priority as sent; see [`crate::event::Priority::from_name`].
    pub priority: Option<String>,
    /// The payload.
    pub payload: Value,
    /// When it was sent, as the sender wrote it.
    pub timestamp: Option<String>,
    /// The transport's id for it.
    pub unique_id: Option<String>,
    /// The context of its request, without the prefix of the keys.
    pub context: Map<String, Value>,
}

/// Why a listener would reject a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Only `application/json` without parameters is accepted.
    #[error("its content type is not application/json")]
    ContentType,
    /// A compression other than zlib, bzip2 and xz.
    #[error("its compression is not zlib, bzip2 or xz")]
    Compression,
    /// The compressed data is corrupt or requires too much memory.
    #[error("it cannot be decompressed")]
    Packed,
    /// The body exceeds [`LARGEST`](super::unpack::LARGEST), compressed or decompressed.
    #[error("it is larger than 16 MiB")]
    TooLarge,
    /// The body, or its inner message, is not a JSON object.
    #[error("it is not a JSON object")]
    Json,
    /// Only version 2.0 of the envelope is supported.
    #[error("its oslo.version is not 2.0")]
    Version,
}
