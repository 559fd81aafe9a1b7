//! The fields of an event's payload.

/// A field of a payload.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The kinds of value it may hold.
    pub kinds: &'static [FieldKind],
    /// Whether it may be left out.
    pub optional: bool,
}

/// The kind of value in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// An id.
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
    /// Null.
    Null,
}

impl FieldKind {
    /// Returns the allowed words; empty unless this is a choice.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Choice(words) => words,
            _ => &[],
        }
    }

    /// Returns the catalog's word for the kind.
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
