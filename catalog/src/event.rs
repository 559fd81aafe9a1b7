//! Types of events, and what stands in their payloads.

use std::fmt;

use super::{Language, Service};

/// A type of event that services report to operators and machines.
pub struct EventType {
    /// As it stands in an envelope: `image.upload`.
    pub name: &'static str,
    /// Whether a payload is structured with INFO, WARN and ERROR.
    pub structured: [bool; 3],
    /// Whether a payload may be a text with INFO, WARN and ERROR.
    pub text: [bool; 3],
    /// Whether a payload may be an id alone with INFO, WARN and ERROR.
    pub id: [bool; 3],
    /// The forms, one of which a structured payload has.
    pub forms: &'static [&'static [Field]],
    pub(super) descriptions: [&'static str; Language::ALL.len()],
    pub(super) service: &'static Service,
}

/// A field of a payload.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it may hold: any of these.
    pub kinds: &'static [FieldKind],
    /// Whether it may be left out.
    pub optional: bool,
}

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// The id of something.
    Uuid,
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A time as ISO 8601, or as `{"$date": milliseconds}`.
    Time,
    /// An object of any content.
    Object,
    /// A list of any content.
    List,
    /// A list of texts.
    Strings,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Nothing.
    Null,
}

/// The service of the catalog that this one is.
const OWN: &str = "tidings";

impl EventType {
    /// When it is reported.
    pub fn description(&self, language: Language) -> &'static str {
        self.descriptions[language as usize]
    }

    /// Whether this service reports it by itself, and nobody else may.
    pub fn is_own(&self) -> bool {
        self.service().name == OWN
    }

    /// The names of the priorities that one of `structured`, `text` and `id` holds for.
    pub fn priorities(which: [bool; 3]) -> Vec<&'static str> {
        let names = ["INFO", "WARN", "ERROR"].into_iter().zip(which);
        names
            .filter(|(_, is_meant)| *is_meant)
            .map(|(name, _)| name)
            .collect()
    }

    /// Who reports it.
    pub fn service(&self) -> &'static Service {
        self.service
    }
}

impl FieldKind {
    /// The words that it allows; none if it is no choice.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Choice(words) => words,
            _ => &[],
        }
    }

    /// The word for it in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uuid => "uuid",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Object => "object",
            Self::List => "list",
            Self::Strings => "strings",
            Self::Choice(_) => "choice",
            Self::Null => "null",
        }
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
