//! Faults in policy files.

use std::fmt;
use std::path::{Path, PathBuf};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFault {
    path: PathBuf,
    line: Option<usize>,
    text: String,
}

impl PolicyFault {
    pub(super) fn new(path: &Path, line: usize, text: String) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            text,
        }
    }

    /// Creates a fault of the file as a whole.
    pub(super) fn of_file(path: &Path, text: String) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            text,
        }
    }
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// All faults of the files; never empty. Displays as one line per fault under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFaults(pub(super) Vec<PolicyFault>);

impl PolicyFaults {
    /// The faults, file by file.
    pub fn iter(&self) -> impl Iterator<Item = &PolicyFault> {
        self.0.iter()
    }
}

impl fmt::Display for PolicyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy cannot be used:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for PolicyFaults {}
