//! Where a value was set.

use std::fmt;
use std::path::PathBuf;

/// The origin of a value: a file and its line, an environment variable, or a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    File(PathBuf, usize),
    Environment(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Environment(name) | Self::Flag(name) => write!(f, "set by {name}"),
        }
    }
}
