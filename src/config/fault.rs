//! Collects all faults of a configuration.

use std::fmt;

use super::origin::Origin;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    key: Option<(String, String)>,
    text: String,
    origin: Option<Origin>,
}

impl ConfigFault {
    /// Returns its section and option; `None` for an unreadable file.
    pub fn key(&self) -> Option<(&str, &str)> {
        self.key
            .as_ref()
            .map(|(section, option)| (section.as_str(), option.as_str()))
    }
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((section, option)) = &self.key {
            write!(f, "[{section}] {option}: ")?;
        }
        f.write_str(&self.text)?;
        self.origin
            .as_ref()
            .map_or(Ok(()), |origin| write!(f, " ({origin})"))
    }
}

/// All faults of a configuration; never empty as an error. Displays as one line per fault under a heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFaults(Vec<ConfigFault>);

impl ConfigFaults {
    /// Yields the faults in the order they were found.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigFault> {
        self.0.iter()
    }

    pub(super) fn add(&mut self, section: &str, option: &str, text: String) {
        self.push(section, option, text, None);
    }

    pub(super) fn add_at(&mut self, section: &str, option: &str, text: String, origin: &Origin) {
        self.push(section, option, text, Some(origin.clone()));
    }

    pub(super) fn add_file(&mut self, text: String) {
        self.0.push(ConfigFault {
            key: None,
            text,
            origin: None,
        });
    }

    /// A faulty option has its default value, so cross-checks of it would mislead.
    fn push(&mut self, section: &str, option: &str, text: String, origin: Option<Origin>) {
        if !self.0.iter().any(|fault| fault.key() == Some((section, option))) {
            self.0.push(ConfigFault {
                key: Some((section.to_owned(), option.to_owned())),
                text,
                origin,
            });
        }
    }

    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "the configuration has one fault:")?,
            count => write!(f, "the configuration has {count} faults:")?,
        }
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigFaults {}
