//! All faults of a configuration, reported at once.

use std::fmt;

use super::origin::Origin;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    key: Option<(String, String)>,
    text: String,
    origin: Option<Origin>,
}

impl ConfigFault {
    /// The section and option it is about; none for a file that cannot be read.
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

/// All faults of a configuration; never empty when it is an error. Displays as one line per fault under a
/// heading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFaults(Vec<ConfigFault>);

impl ConfigFaults {
    /// The faults in the order they were found.
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

    /// An option that could not be read has its default, so what the cross-checks say of it would mislead.
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
            1 => write!(f, "the configuration has a fault:")?,
            count => write!(f, "the configuration has {count} faults:")?,
        }
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigFaults {}
