//! Faults with their file and line, collected so that one check reports them all.

use std::cell::RefCell;
use std::fmt;

use super::directory::File;

/// A value and its line.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its line, from 1.
    pub line: usize,
}

/// A fault in a catalog file. Prints as `catalog/volume.toml:12: what is wrong`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CatalogFault {
    /// The directory's name and the file's path in it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl fmt::Display for CatalogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Collects the faults of a whole check, so that an author sees them all at once.
#[derive(Default)]
pub(super) struct Report {
    faults: RefCell<Vec<CatalogFault>>,
}

impl Report {
    pub(super) fn add(&self, path: &str, line: usize, message: impl Into<String>) {
        // Cargo reads one line per fault and would cut one with several.
        let message = message.into().replace('\n', ", ");
        self.faults.borrow_mut().push(CatalogFault {
            path: path.to_owned(),
            line,
            message,
        });
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Vec<CatalogFault>> {
        let mut faults = self.faults.into_inner();
        if faults.is_empty() {
            return Ok(value);
        }
        faults.sort();
        faults.dedup();
        Err(faults)
    }
}

/// A file under check: turns offsets into lines and reports faults under its path.
#[derive(Clone)]
pub(super) struct SourceFile<'a> {
    pub(super) path: String,
    pub(super) text: &'a str,
    report: &'a Report,
}

impl<'a> SourceFile<'a> {
    pub(super) fn new(directory: &str, file: &'a File, report: &'a Report) -> Self {
        Self {
            path: format!("{directory}/{}", file.path),
            text: &file.text,
            report,
        }
    }

    pub(super) fn fault(&self, line: usize, message: impl Into<String>) {
        self.report.add(&self.path, line, message);
    }

    /// Returns the line of a byte offset.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        before.split(|byte| *byte == b'\n').count()
    }
}
