//! Notifications as oslo.messaging's listeners read them.

use serde_json::{Map, Value};

/// A notification that a listener would take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notification {
    /// The sender's id of it.
    pub message_id: Option<String>,
    /// Who says so; it proves nothing.
    pub publisher_id: Option<String>,
    /// What happened.
    pub event_type: Option<String>,
    /// How much it matters, as it was written; see [`crate::event::Priority::from_name`].
    pub priority: Option<String>,
    /// The payload.
    pub payload: Value,
    /// When it was sent, as it was written.
    pub timestamp: Option<String>,
    /// The transport's id of it.
    pub unique_id: Option<String>,
    /// The context of the request that it happened in, without the prefix of its names.
    pub context: Map<String, Value>,
}

/// Why a listener would refuse a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Only `application/json` is read, and nothing may stand behind it.
    #[error("its content type is not application/json")]
    ContentType,
    /// Another compression than zlib, bzip2 and xz.
    #[error("its compression is none of zlib, bzip2 and xz")]
    Compression,
    /// What is compressed is broken, or asks for too much memory.
    #[error("it cannot be decompressed")]
    Packed,
    /// The body is larger than [`LARGEST`](super::unpack::LARGEST), as it is or unfolded.
    #[error("it is larger than 16 MiB")]
    TooLarge,
    /// The body is no JSON object, or what is in it is none.
    #[error("it is not a JSON object")]
    Json,
    /// Only version 2.0 of the outer envelope is known.
    #[error("its oslo.version is not 2.0")]
    Version,
}
