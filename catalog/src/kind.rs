//! The kinds of parameters that a text may have.

use super::language::{LANGUAGES, Language};

/// A typed placeholder in a text.
#[derive(Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
}

/// The kind of a parameter. None of them can carry free text.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number of 64 bits.
    Integer,
    /// A number of bytes, shown in the unit that fits.
    Bytes,
    /// The id of something, in canonical lower-case form.
    Uuid,
    /// One of the listed words.
    Choice(&'static [Choice]),
}

/// A word that a parameter may hold.
#[derive(Debug)]
pub struct Choice {
    /// The word on the wire.
    pub value: &'static str,
    pub(super) texts: [&'static str; LANGUAGES],
}

impl Choice {
    /// What the user reads for it.
    pub const fn text(&self, language: Language) -> &'static str {
        self.texts[language as usize]
    }
}

impl Kind {
    /// Its word in the catalog's files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Bytes => "bytes",
            Self::Uuid => "uuid",
            Self::Choice(_) => "choice",
        }
    }
}
