//! The members of a listener that options set.

use serde_json::{Map, Value};

use crate::cli::failure::Failure;
use crate::listener::Kind;

/// The options of one kind of listener.
pub trait Options: clap::Args {
    /// The kind.
    const KIND: Kind;
    /// The ids of the options that a new listener requires.
    const REQUIRED: &'static [&'static str];
    /// The end of the help of `create`.
    const CREATE: &'static str;
    /// The end of the help of `update`.
    const UPDATE: &'static str;

    /// Sets what the options say.
    fn set(&self, fields: &mut ListenerFields) -> Result<(), Failure>;
}

/// The members of a listener that were set, for a creation or a change.
#[derive(Debug, Default)]
pub struct ListenerFields {
    members: Map<String, Value>,
    config: Map<String, Value>,
}

impl ListenerFields {
    /// Sets a member.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.members.insert(name.to_owned(), value.into());
    }

    /// Sets a member if its option was given; an empty text removes it.
    pub fn set_text(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.set(name, or_null(text));
        }
    }

    /// Sets a member of the notifier's configuration.
    pub fn configure(&mut self, name: &str, value: impl Into<Value>) {
        self.config.insert(name.to_owned(), value.into());
    }

    /// Sets a member of the notifier's configuration if its option was given; an empty text removes it.
    pub fn configure_text(&mut self, name: &str, text: Option<&String>) {
        if let Some(text) = text {
            self.configure(name, or_null(text));
        }
    }

    /// Returns all members.
    pub fn finish(mut self) -> Map<String, Value> {
        if !self.config.is_empty() {
            self.set("notifier_config", self.config.clone());
        }
        self.members
    }
}

fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
