//! The errors of a body as one sentence.

use std::fmt::Display;

/// Most errors that one answer names: naming every message of a wrong batch would say no more.
const NAMED: usize = 20;

/// The errors found so far. Only those that will be named are kept as text.
#[derive(Debug, Default)]
pub struct FieldErrors {
    named: Vec<String>,
    unnamed: usize,
}

impl FieldErrors {
    /// Adds the errors of the object at `path`.
    pub fn extend(&mut self, path: impl Display, errors: impl IntoIterator<Item = impl Display>) {
        for fault in errors {
            if self.has_room() {
                self.named.push(format!("{path}.{fault}"));
            } else {
                self.unnamed += 1;
            }
        }
    }

    /// Whether another one would be named.
    pub fn has_room(&self) -> bool {
        self.named.len() < NAMED
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }

    /// The first errors, and how many more there are.
    pub fn sentence(&self) -> String {
        let text = self.named.join("; ");
        match self.unnamed {
            0 => text,
            more => format!("{text}; and {more} more"),
        }
    }
}
