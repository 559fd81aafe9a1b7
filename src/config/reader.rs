//! Reads typed values from the settings, collecting faults and the names of known options.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::defaults::default_of;
use super::fault::ConfigFaults;
use super::ini::section_name;
use super::source::{Setting, Settings};
use super::substitution::Substitution;
use super::value::{Measure, Value};
use crate::spelling;

/// The settings, and what was found while reading them.
#[derive(Default)]
pub(super) struct OptionReader {
    settings: Settings,
    faults: ConfigFaults,
    options: BTreeSet<(String, String)>,
    aliases: BTreeSet<(String, String)>,
    /// Warnings about known options without effect.
    notes: Vec<String>,
}

impl OptionReader {
    pub(super) fn new(settings: Settings, faults: ConfigFaults) -> Self {
        Self {
            settings,
            faults,
            ..Self::default()
        }
    }

    pub(super) fn section(&mut self, name: &'static str) -> Section<'_> {
        self.section_from(name, None)
    }

    /// Returns the section `name`, with the values of another section if an option says so.
    pub(super) fn section_from(&mut self, name: &'static str, other: Option<String>) -> Section<'_> {
        Section {
            reader: self,
            name,
            source: other.map_or(name.to_owned(), |other| section_name(&other)),
        }
    }

    pub(super) fn options(self) -> Vec<(String, String)> {
        self.options.into_iter().collect()
    }

    pub(super) fn into_faults(self) -> ConfigFaults {
        self.faults
    }

    /// Returns warnings about options without effect and unknown ones. In unknown sections, which belong to libraries
    /// or other services, only a misspelled section name is reported.
    pub(super) fn warnings(&self) -> Vec<String> {
        let sections: BTreeSet<&str> = self.options.iter().map(|(section, _)| section.as_str()).collect();
        let mut warnings = self.notes.clone();
        let mut told = BTreeSet::new();
        for (key, setting) in &self.settings {
            if self.options.contains(key) || self.aliases.contains(key) {
                continue;
            }
            let (section, option) = key;
            let origin = &setting.origin;
            if sections.contains(section.as_str()) {
                let known = self.options.iter().filter(|(known, _)| known == section);
                let hint = spelling::hint(option, known.map(|(_, option)| option.as_str()));
                warnings.push(format!("[{section}] {option}: unknown option{hint} ({origin})"));
            } else if let Some(name) = spelling::nearest(section, sections.iter().copied())
                && told.insert(section)
            {
                warnings.push(format!(
                    "[{section}]: unknown section, did you mean [{name}]? ({origin})"
                ));
            }
        }
        warnings
    }
}

/// One section of an [`OptionReader`].
pub(super) struct Section<'a> {
    reader: &'a mut OptionReader,
    /// The name under which its options are documented.
    name: &'static str,
    /// The section that holds its values.
    source: String,
}

impl Section<'_> {
    /// Returns the option's value; `default` if it is unset, or invalid, which is then reported.
    pub(super) fn get<T: Value>(&mut self, option: &'static str, default: T) -> T {
        self.read(option, |_| Ok(())).unwrap_or(default)
    }

    /// Like [`Section::get`], for a value within `range`.
    pub(super) fn within<T: Measure>(
        &mut self,
        option: &'static str,
        default: T,
        range: &RangeInclusive<T>,
    ) -> T {
        self.read(option, |value| check(value, range)).unwrap_or(default)
    }

    /// Like [`Section::get`], for a value that must pass a check.
    pub(super) fn checked<T: Value>(
        &mut self,
        option: &'static str,
        default: T,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> T {
        self.read(option, check).unwrap_or(default)
    }

    /// Like [`Section::within`]; `alias` is another service's (section, option), read if the option is unset.
    pub(super) fn within_or<T: Measure>(
        &mut self,
        option: &'static str,
        alias: (&'static str, &'static str),
        default: T,
        range: &RangeInclusive<T>,
    ) -> T {
        let own = self.read(option, |value| check(value, range));
        let value = own.or_else(|| self.read_alias(alias.0, alias.1, |value| check(value, range)));
        self.known(alias.0, alias.1);
        value.unwrap_or(default)
    }

    /// Like [`Section::get`]; `alias` is an older name of the option, read if the option is unset.
    pub(super) fn get_or<T: Value>(&mut self, option: &'static str, alias: &'static str, default: T) -> T {
        let own = self.read(option, |_| Ok(()));
        let source = self.source.clone();
        let value = own.or_else(|| self.read_alias(&source, alias, |_| Ok(())));
        self.known(&source, alias);
        value.unwrap_or(default)
    }

    /// Accepts another service's option without effect, with a warning that says why.
    pub(super) fn ignore(&mut self, option: &str, why: &str) {
        let source = self.source.clone();
        self.known(&source, option);
        let key = (source, option.to_owned());
        if let Some(Setting { origin, .. }) = self.reader.settings.get(&key) {
            let note = format!("[{}] {option}: has no effect, as {why} ({origin})", key.0);
            self.reader.notes.push(note);
        }
    }

    /// Accepts another service's option, but rejects the values that are not allowed, saying why.
    pub(super) fn limit(&mut self, option: &str, allows: impl Fn(&str) -> bool, why: &str) {
        let source = self.source.clone();
        self.read_alias(&source, option, |value: &String| {
            let refused = || format!("{value:?}: {why}");
            allows(value).then_some(()).ok_or_else(refused)
        });
    }

    fn read<T: Value>(
        &mut self,
        option: &'static str,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> Option<T> {
        self.reader
            .options
            .insert((self.name.to_owned(), option.to_owned()));
        let source = self.source.clone();
        self.read_alias(&source, option, check)
    }

    /// Keeps an option from being reported as unknown.
    fn known(&mut self, section: &str, option: &str) {
        self.reader
            .aliases
            .insert((section.to_owned(), option.to_owned()));
    }

    /// Reads an option that is known but not listed.
    fn read_alias<T: Value>(
        &mut self,
        section: &str,
        option: &str,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> Option<T> {
        let key = (section.to_owned(), option.to_owned());
        self.known(section, option);
        let Setting { values, origin } = self.reader.settings.get(&key)?;
        let mut substitution = Substitution::new(&self.reader.settings, &default_of);
        let values = substitution.apply(section, option, values);
        let value = values.and_then(|values| T::parse_all(&values));
        let value = value.and_then(|value| check(&value).map(|()| value));
        // An option that only others refer to is known all the same.
        self.reader.aliases.extend(substitution.used);
        match value {
            Ok(value) => Some(value),
            Err(text) => {
                self.reader.faults.add_at(section, option, text, origin);
                None
            }
        }
    }
}

/// Checks that a value is within a range.
pub(super) fn check<T: Measure>(value: &T, range: &RangeInclusive<T>) -> Result<(), String> {
    if range.contains(value) {
        return Ok(());
    }
    Err(format!(
        "{} is not between {} and {}",
        value.shown(),
        range.start().shown(),
        range.end().shown()
    ))
}
