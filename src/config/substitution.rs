//! oslo.config's substitution: `$option`, `${option}` and `${section.option}` in a value stand for another option's
//! value. `$$` and `\$` stand for a dollar sign, as does any `$` without a name after it.

use super::source::Settings;

/// Why a value cannot be substituted. The reference is not repeated: it may be part of a password.
const UNKNOWN: &str =
    "refers with $ to an option that is not set and has no default; write $$ for a dollar sign";
const CIRCULAR: &str = "refers to itself";

/// A section and an option of it.
type Key = (String, String);

/// Resolves references.
pub(super) struct Substitution<'a> {
    settings: &'a Settings,
    default_of: &'a dyn Fn(&str, &str) -> Option<String>,
    /// The options that were referred to.
    pub(super) used: Vec<Key>,
}

impl<'a> Substitution<'a> {
    /// Resolves references to `settings`, and to defaults of unset options.
    pub(super) fn new(settings: &'a Settings, default_of: &'a dyn Fn(&str, &str) -> Option<String>) -> Self {
        Self {
            settings,
            default_of,
            used: Vec::new(),
        }
    }

    /// Returns the values of an option with references resolved.
    ///
    /// # Errors
    /// Says what is wrong with a reference, as a sentence without a subject.
    pub(super) fn apply(
        &mut self,
        section: &str,
        option: &str,
        values: &[String],
    ) -> Result<Vec<String>, String> {
        let within = [(section.to_owned(), option.to_owned())];
        values.iter().map(|value| self.expand(value, &within)).collect()
    }

    /// Expands the text of the last option in `within`, a chain of references.
    fn expand(&mut self, text: &str, within: &[Key]) -> Result<String, String> {
        let text = text.replace("\\$", "$$");
        let mut rest = text.as_str();
        let mut expanded = String::with_capacity(rest.len());
        while let Some((before, behind)) = rest.split_once('$') {
            expanded.push_str(before);
            rest = behind;
            if let Some(behind) = rest.strip_prefix('$') {
                expanded.push('$');
                rest = behind;
            } else if let Some((name, behind)) = reference(rest) {
                expanded.push_str(&self.value(name, within)?);
                rest = behind;
            } else {
                expanded.push('$');
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }

    fn value(&mut self, name: &str, within: &[Key]) -> Result<String, String> {
        let section = within.last().map_or("DEFAULT", |(section, _)| section);
        let (key, value) = self.find(name, section).ok_or(UNKNOWN)?;
        if within.contains(&key) {
            return Err(CIRCULAR.to_owned());
        }
        self.used.push(key.clone());
        self.expand(&value, &[within, &[key]].concat())
    }

    /// Finds a name: without a section it is in the same section, else in `[DEFAULT]`, whose options have no qualified
    /// name.
    fn find(&self, name: &str, section: &str) -> Option<(Key, String)> {
        let keys = match name.split_once('.') {
            Some(("DEFAULT", _)) => return None,
            Some(key) => vec![key],
            None => vec![(section, name), ("DEFAULT", name)],
        };
        keys.into_iter().find_map(|(section, option)| {
            let key = (section.to_owned(), option.to_owned());
            let value = match self.settings.get(&key) {
                Some(setting) => setting.values.last().cloned(),
                None => (self.default_of)(section, option),
            };
            value.map(|value| (key, value))
        })
    }
}

/// Returns the name that a text after `$` starts with, with or without braces, and the rest.
fn reference(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('{') {
        Some(text) => {
            let (name, behind) = name(text)?;
            Some((name, behind.strip_prefix('}')?))
        }
        None => name(text),
    }
}

fn name(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        .then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::super::ini;
    use super::super::origin::Origin;
    use super::super::source::Setting;
    use super::*;

    fn settings(text: &str) -> Settings {
        let (entries, bad) = ini::parse(text);
        assert_eq!(bad, []);
        let settings = entries.into_iter().map(|entry| {
            let setting = Setting {
                values: vec![entry.value],
                origin: Origin::Flag(String::new()),
            };
            ((entry.section, entry.option), setting)
        });
        settings.collect()
    }

    /// Returns the expanded `[section] target`.
    fn target(section: &str, text: &str) -> Result<String, String> {
        let default_of = |section: &str, option: &str| match (section, option) {
            ("DEFAULT", "state_path") => Some("/var/lib/x".to_owned()),
            ("DEFAULT", "derived") => Some("$state_path/d".to_owned()),
            ("DEFAULT", "num") => Some("7".to_owned()),
            ("DEFAULT" | "grp", "none") => Some(String::new()),
            ("grp", "option") => Some("o".to_owned()),
            _ => None,
        };
        let settings = settings(text);
        let values = &settings[&(section.to_owned(), "target".to_owned())].values;
        let found = Substitution::new(&settings, &default_of).apply(section, "target", values);
        found.map(|mut values| values.pop().unwrap())
    }

    #[test]
    fn values_are_those_of_oslo_config() {
        // The results of oslo.config 10.7; its errors are errors here too.
        for (value, wanted) in [
            ("a$$b", Some("a$b")),
            ("$state_path/db", Some("/var/lib/x/db")),
            ("${state_path}x", Some("/var/lib/xx")),
            ("x-$state_path-y", Some("x-/var/lib/x-y")),
            ("$state_path$num", Some("/var/lib/x7")),
            ("\"$state_path\"", Some("/var/lib/x")),
            ("$derived", Some("/var/lib/x/d")),
            ("$grp.option", Some("o")),
            ("${grp.option}.x", Some("o.x")),
            ("[$none]", Some("[]")),
            ("${state_path}.d", Some("/var/lib/x.d")),
            ("$state_path.d", None),
            ("$state_path.", None),
            ("$unknown", None),
            ("${unknown}", None),
            ("$grp.unknown", None),
            ("$nogrp.x", None),
            ("$grp", None),
            ("$grp.option.x", None),
            ("${DEFAULT.state_path}", None),
            ("$STATE_PATH", None),
            ("$_x", None),
            ("$target", None),
            ("a$", Some("a$")),
            ("a$ b", Some("a$ b")),
            ("^x$|y", Some("^x$|y")),
            ("$1", Some("$1")),
            ("${", Some("${")),
            ("${}", Some("${}")),
            ("${a-b}", Some("${a-b}")),
            ("${state_path", Some("${state_path")),
            ("$(state_path)s", Some("$(state_path)s")),
            ("%(state_path)s", Some("%(state_path)s")),
            ("$état", Some("$état")),
            ("\\$state_path", Some("$state_path")),
            ("\\\\$state_path", Some("\\$state_path")),
            ("\\$$state_path", Some("$/var/lib/x")),
            ("$$state_path", Some("$state_path")),
            ("$$$state_path", Some("$/var/lib/x")),
            ("$\\$state_path", Some("$/var/lib/x")),
        ] {
            let found = target("DEFAULT", &format!("[DEFAULT]\ntarget = {value}\n"));
            assert_eq!(found.as_deref().ok(), wanted, "{value}: {found:?}");
        }
    }

    #[test]
    fn references_are_followed_and_escapes_are_not_read_twice() {
        let of = |text: &str| target("DEFAULT", text);
        assert_eq!(of("[DEFAULT]\ntarget=$a\na=$b\nb=c\n").unwrap(), "c");
        assert_eq!(of("[DEFAULT]\ntarget=$a\na=$$b\nb=c\n").unwrap(), "$b");
        assert_eq!(of("[DEFAULT]\ntarget=<$a>\na=\n").unwrap(), "<>");
        assert_eq!(of("[DEFAULT]\ntarget=$a\na=$b\nb=$a\n").unwrap_err(), CIRCULAR);
    }

    #[test]
    fn the_own_section_comes_before_the_default_one() {
        let of = |text: &str| target("grp", text);
        assert_eq!(of("[DEFAULT]\na=1\n[grp]\na=2\ntarget=$a\n").unwrap(), "2");
        assert_eq!(of("[DEFAULT]\nb=1\n[grp]\ntarget=$b\n").unwrap(), "1");
        assert_eq!(of("[DEFAULT]\nnone=1\n[grp]\ntarget=<$none>\n").unwrap(), "<>");
        // A name is resolved where it is written.
        assert_eq!(of("[DEFAULT]\na=d\nb=$a\n[grp]\na=g\ntarget=$b\n").unwrap(), "d");
        let foreign = "[DEFAULT]\ntarget=${grp.option}\n[grp]\noption=$inner\ninner=z\n";
        assert_eq!(target("DEFAULT", foreign).unwrap(), "z");
    }

    #[test]
    fn faults_do_not_repeat_what_may_be_a_password() {
        let fault = target("DEFAULT", "[DEFAULT]\ntarget = mysql://u:pa$word@h/d\n").unwrap_err();
        assert!(!fault.contains("word"), "{fault}");
    }
}
