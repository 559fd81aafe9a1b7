//! Checks members of JSON objects, in the order in which Masakari's schemas do: only the first fault is reported.

use serde_json::{Map, Value};

use crate::brief::{self, brief};
use crate::legible::is_legible;

/// What is wrong with a body: the field, and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub(super) String);

/// The longest name, in characters.
pub(super) const LONGEST_NAME: usize = 255;

/// The longest description, in characters.
const LONGEST_TEXT: usize = 4096;

/// The most names that a fault repeats.
const MOST_NAMED: usize = 10;

impl Fault {
    pub(super) fn new(field: &str, reason: &str) -> Self {
        Self(format!("{}: {reason}", brief(field, brief::NAME)))
    }
}

/// An object whose members are checked; faults name them below `path`.
#[derive(Clone, Copy)]
pub(super) struct Members<'a> {
    path: &'a str,
    members: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    /// Reads the body `{name: {...}}`.
    pub(super) fn of_body(body: &'a Value, name: &'static str) -> Result<Self, Fault> {
        let body = body
            .as_object()
            .ok_or_else(|| Fault("the body must be an object".to_owned()))?;
        let found = body.get(name).map(|value| Self::of(value, name)).transpose()?;
        let members = found.ok_or_else(|| Fault::new(name, "is required"))?;
        match body.keys().find(|key| *key != name) {
            Some(other) => Err(Fault::new(
                other,
                &format!("is unknown; the body has only {name}"),
            )),
            None => Ok(members),
        }
    }

    /// Reads an object.
    pub(super) fn of(value: &'a Value, path: &'a str) -> Result<Self, Fault> {
        let members = value
            .as_object()
            .ok_or_else(|| Fault::new(path, "must be an object"))?;
        Ok(Self { path, members })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.members.iter()
    }

    /// A fault of a member.
    pub(super) fn fault(&self, name: &str, reason: &str) -> Fault {
        Fault(format!("{}.{}: {reason}", self.path, brief(name, brief::NAME)))
    }

    /// A member of any type.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// A text of 1 to 255 characters.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        self.checked(name, "must be a text of 1 to 255 characters", |value| {
            let text = value.as_str()?;
            (1..=LONGEST_NAME).contains(&text.chars().count()).then_some(text)
        })
    }

    /// A text of 1 to 255 printable characters that neither begins nor ends with white space.
    pub(super) fn name(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        let allowed = "must be 1 to 255 printable characters, without white space at either end";
        self.checked(name, allowed, |value| {
            let text = value.as_str()?;
            let fits = text.chars().count() <= LONGEST_NAME && text.trim() == text && is_legible(text);
            fits.then_some(text)
        })
    }

    /// A text that may be empty and have several lines.
    pub(super) fn description(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        let allowed = "must be a text of at most 4096 printable characters";
        self.checked(name, allowed, |value| {
            let text = value.as_str()?;
            let is_printable = text.chars().all(|sign| sign == '\n' || !sign.is_control());
            (text.chars().count() <= LONGEST_TEXT && is_printable).then_some(text)
        })
    }

    /// One of several texts.
    pub(super) fn one_of<T>(
        &self,
        name: &str,
        allowed: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let reason = format!("must be one of {}", allowed.join(", "));
        self.checked(name, &reason, |value| read(value.as_str()?))
    }

    /// True or false, also as one of the words that Python services take for them.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        self.checked(name, "must be true or false", |value| match value {
            Value::Bool(flag) => Some(*flag),
            Value::String(word) => flag(word),
            _ => None,
        })
    }

    fn checked<T>(
        &self,
        name: &str,
        reason: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(value) = self.members.get(name) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| self.fault(name, reason))
    }

    /// Refuses an object without one of these members.
    pub(super) fn require(&self, names: &[&str]) -> Result<(), Fault> {
        match names.iter().find(|name| !self.members.contains_key(**name)) {
            Some(missing) => Err(self.fault(missing, "is required")),
            None => Ok(()),
        }
    }

    /// Refuses an object with none of these members.
    pub(super) fn require_any(&self, names: &[&str]) -> Result<(), Fault> {
        if names.iter().any(|name| self.members.contains_key(*name)) {
            return Ok(());
        }
        let names = names.join(", ");
        Err(Fault::new(self.path, &format!("must have one of {names}")))
    }

    /// Refuses an object with other members than these.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Fault> {
        match self.members.keys().find(|key| !names.contains(&key.as_str())) {
            Some(other) => {
                let known = brief::listed(names, ", ", MOST_NAMED);
                Err(self.fault(other, &format!("is unknown; the members are {known}")))
            }
            None => Ok(()),
        }
    }
}

/// Parses a word for true or false, as in a query string.
pub fn flag(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" | "t" | "y" => Some(true),
        "false" | "0" | "off" | "no" | "f" | "n" => Some(false),
        _ => None,
    }
}
