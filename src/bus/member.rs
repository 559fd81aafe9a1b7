//! The names of a notification's members.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// A member's name.
pub(super) enum Name {
    Version,
    Message,
    MessageId,
    PublisherId,
    EventType,
    Priority,
    Payload,
    Timestamp,
    UniqueId,
    /// A context key, without its prefix.
    Context(String),
    Other,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl Visitor<'_> for Names {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "oslo.version" => Name::Version,
                    "oslo.message" => Name::Message,
                    "message_id" => Name::MessageId,
                    "publisher_id" => Name::PublisherId,
                    "event_type" => Name::EventType,
                    "priority" => Name::Priority,
                    "payload" => Name::Payload,
                    "timestamp" => Name::Timestamp,
                    "_unique_id" => Name::UniqueId,
                    _ => match name.strip_prefix("_context_") {
                        Some(name) => Name::Context(name.to_owned()),
                        None => Name::Other,
                    },
                })
            }
        }
        deserializer.deserialize_identifier(Names)
    }
}
