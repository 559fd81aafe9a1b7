//! How serious a message is. The build script uses this file too, to check the levels in the catalog.

use std::fmt;

/// How serious a message is for the user.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// The operation failed.
    Error,
    /// The operation completed, but not quite as requested.
    Warning,
    /// Nothing went wrong.
    Info,
}

impl Level {
    /// Every level, most serious first.
    pub const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Info];

    /// The word on the wire and in the store: `ERROR`, `WARNING` or `INFO`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Warning => "WARNING",
            Self::Info => "INFO",
        }
    }

    /// Parses a level, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str().eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
