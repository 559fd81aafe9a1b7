//! Reads typed values out of the settings, noting faults and which names were asked for.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::fault::Faults;
use super::source::{Setting, Settings};
use super::spelling::nearest;
use super::value::{Measure, Value};

/// What is left of the settings to read, and what came up while reading.
#[derive(Default)]
pub(super) struct Reader {
    settings: Settings,
    faults: Faults,
    options: BTreeSet<(String, String)>,
    aliases: BTreeSet<(String, String)>,
}

impl Reader {
    pub(super) fn new(settings: Settings, faults: Faults) -> Self {
        Self {
            settings,
            faults,
            ..Self::default()
        }
    }

    pub(super) fn section(&mut self, name: &'static str) -> Section<'_> {
        Section { reader: self, name }
    }

    pub(super) fn options(self) -> Vec<(String, String)> {
        self.options.into_iter().collect()
    }

    pub(super) fn into_faults(self) -> Faults {
        self.faults
    }

    /// Settings nobody asked for, of sections that are ours. Other sections belong to libraries that a
    /// deployment's template serves too; only a slip in one's name is worth a word.
    pub(super) fn warnings(&self) -> Vec<String> {
        let sections: BTreeSet<&str> = self.options.iter().map(|(section, _)| section.as_str()).collect();
        let mut warnings = Vec::new();
        let mut told = BTreeSet::new();
        for (key, setting) in &self.settings {
            if self.options.contains(key) || self.aliases.contains(key) {
                continue;
            }
            let (section, option) = key;
            let origin = &setting.origin;
            if sections.contains(section.as_str()) {
                let known = self.options.iter().filter(|(known, _)| known == section);
                let hint = nearest(option, known.map(|(_, option)| option.as_str()))
                    .map_or(String::new(), |name| format!(", did you mean {name}?"));
                warnings.push(format!("[{section}] {option}: unknown option{hint} ({origin})"));
            } else if let Some(name) = nearest(section, sections.iter().copied())
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

/// One section of a [`Reader`].
pub(super) struct Section<'a> {
    reader: &'a mut Reader,
    name: &'static str,
}

impl Section<'_> {
    /// The option's value; `default` where nothing sets it, or where it is wrong, which is then noted as a
    /// fault.
    pub(super) fn get<T: Value>(&mut self, option: &'static str, default: T) -> T {
        self.read(self.name, option, |_| Ok(())).unwrap_or(default)
    }

    /// As [`Section::get`], for a value that must be within `range`.
    pub(super) fn within<T: Measure>(
        &mut self,
        option: &'static str,
        default: T,
        range: &RangeInclusive<T>,
    ) -> T {
        self.read(self.name, option, |value| check(value, range))
            .unwrap_or(default)
    }

    /// As [`Section::get`], for a value that must pass a check, which else says what is wrong.
    pub(super) fn checked<T: Value>(
        &mut self,
        option: &'static str,
        default: T,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> T {
        self.read(self.name, option, check).unwrap_or(default)
    }

    /// As [`Section::within`]; `alias` is a (section, option) another service knows it by, read where the
    /// option is not set.
    pub(super) fn within_or<T: Measure>(
        &mut self,
        option: &'static str,
        alias: (&'static str, &'static str),
        default: T,
        range: &RangeInclusive<T>,
    ) -> T {
        let own = self.read(self.name, option, |value| check(value, range));
        let key = (alias.0.to_owned(), alias.1.to_owned());
        self.reader.aliases.insert(key.clone());
        let value = own.or_else(|| self.read(alias.0, alias.1, |value| check(value, range)));
        self.reader.options.remove(&key);
        value.unwrap_or(default)
    }

    fn read<T: Value>(
        &mut self,
        section: &'static str,
        option: &'static str,
        check: impl Fn(&T) -> Result<(), String>,
    ) -> Option<T> {
        let key = (section.to_owned(), option.to_owned());
        self.reader.options.insert(key.clone());
        let Setting { values, origin } = self.reader.settings.get(&key)?;
        match T::parse_all(values).and_then(|value| check(&value).map(|()| value)) {
            Ok(value) => Some(value),
            Err(text) => {
                self.reader.faults.add_at(section, option, text, origin);
                None
            }
        }
    }
}

/// Whether a value is within a range.
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
