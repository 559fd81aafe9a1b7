//! A complete set of rules: the built-in ones, overridden by files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::check::Check;
use super::fault::PolicyFault;
use super::file::Entry;
use super::parse;
use super::rule::{ADMIN, DEFAULTS, FALLBACK};
use super::target::Target;
use super::template::Template;
use crate::identity::caller::{Attribute, Caller};

/// The rules in force together.
#[derive(Debug, Default)]
pub struct Rules {
    rules: BTreeMap<String, InForce>,
    /// Likely mistakes that do no harm; to be logged.
    pub warnings: Vec<String>,
}

/// A rule and its origin.
#[derive(Debug)]
pub struct InForce {
    /// Its text.
    pub text: String,
    /// The file and line; `None` for a built-in one.
    pub origin: Option<(PathBuf, usize)>,
    check: Check,
}

/// The inputs of an evaluation.
#[derive(Clone, Copy)]
struct Evaluation<'a> {
    rules: &'a Rules,
    caller: &'a Caller,
    target: Target<'a>,
    /// Whether `is_admin` may be evaluated; not while it is itself being determined.
    has_admin: bool,
}

impl Rules {
    /// Combines the built-in rules with those of files; later ones win.
    ///
    /// # Errors
    /// Returns all faults of the files.
    pub(super) fn new(files: Vec<(PathBuf, Vec<Entry>)>) -> Result<Self, Vec<PolicyFault>> {
        let mut set = Self::default();
        let mut faults = Vec::new();
        for default in DEFAULTS {
            // A test parses them all, so none is skipped here.
            if let Ok(check) = parse::text(default.rule) {
                set.insert(default.name, default.rule.to_owned(), None, check);
            }
        }
        for (path, entries) in files {
            for entry in entries {
                match entry.value.parse() {
                    Ok(check) => {
                        let origin = Some((path.clone(), entry.line));
                        set.insert(&entry.name, entry.value.shown(), origin, check);
                    }
                    Err(text) => faults.push(PolicyFault::new(
                        &path,
                        entry.line,
                        format!("{}: {text}", entry.name),
                    )),
                }
            }
        }
        set.check_references(&mut faults);
        if faults.is_empty() { Ok(set) } else { Err(faults) }
    }

    /// Yields all rules by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &InForce)> {
        self.rules.iter().map(|(name, rule)| (name.as_str(), rule))
    }

    /// Whether the rule of this name allows it. A missing rule allows nothing.
    pub fn allow(&self, name: &str, caller: &Caller, target: Target<'_>) -> bool {
        let evaluation = Evaluation {
            rules: self,
            caller,
            target,
            has_admin: true,
        };
        self.find(name).is_some_and(|rule| allows(rule, evaluation))
    }

    /// Whether the caller is an administrator.
    pub fn is_admin(&self, caller: &Caller) -> bool {
        let evaluation = Evaluation {
            rules: self,
            caller,
            target: &[],
            has_admin: false,
        };
        self.find(ADMIN).is_some_and(|rule| allows(rule, evaluation))
    }

    fn find(&self, name: &str) -> Option<&Check> {
        let rule = self.rules.get(name).or_else(|| self.rules.get(FALLBACK))?;
        Some(&rule.check)
    }

    fn insert(&mut self, name: &str, text: String, origin: Option<(PathBuf, usize)>, check: Check) {
        self.rules
            .insert(name.to_owned(), InForce { text, origin, check });
    }

    /// Rejects rules that refer to themselves, which could never be decided. A reference to nothing denies, as in
    /// oslo.policy.
    fn check_references(&mut self, faults: &mut Vec<PolicyFault>) {
        let mut warnings = Vec::new();
        for (name, rule) in &self.rules {
            let Some((path, line)) = &rule.origin else {
                continue;
            };
            let place = format!("{}, line {line}: {name}", path.display());
            let is_asked_for = DEFAULTS.iter().any(|default| default.name == name);
            if name.contains(':') && !is_asked_for {
                warnings.push(format!("{place}: no operation checks this rule"));
            }
            let mut named = Vec::new();
            rule.check.references(&mut named);
            for unknown in named.iter().filter(|named| !self.rules.contains_key(**named)) {
                warnings.push(format!(
                    "{place}: refers to the unknown rule {unknown:?}, which denies"
                ));
            }
            if self.leads_to(name, &rule.check, &mut Vec::new()) {
                faults.push(PolicyFault::new(path, *line, format!("{name}: refers to itself")));
            }
        }
        self.warnings = warnings;
    }

    /// Whether following references from here leads back to `name`.
    fn leads_to<'a>(&'a self, name: &str, check: &'a Check, seen: &mut Vec<&'a str>) -> bool {
        let mut named = Vec::new();
        check.references(&mut named);
        named.into_iter().any(|next| {
            let next = match self.rules.get_key_value(next) {
                Some((known, _)) => known.as_str(),
                None => FALLBACK,
            };
            if next == name {
                return true;
            }
            if seen.contains(&next) {
                return false;
            }
            seen.push(next);
            self.find(next)
                .is_some_and(|check| self.leads_to(name, check, seen))
        })
    }
}

/// Whether the rule allows it.
fn allows(check: &Check, evaluation: Evaluation<'_>) -> bool {
    let fill = |template: &'_ Template, is: &dyn Fn(&str) -> bool| {
        template.fill(evaluation.target).is_some_and(|value| is(&value))
    };
    match check {
        Check::True => true,
        Check::False => false,
        Check::Not(inner) => !allows(inner, evaluation),
        Check::All(parts) => parts.iter().all(|part| allows(part, evaluation)),
        Check::Any(parts) => parts.iter().any(|part| allows(part, evaluation)),
        Check::Rule(name) => evaluation
            .rules
            .find(name)
            .is_some_and(|rule| allows(rule, evaluation)),
        Check::Role(role) => fill(role, &|role| evaluation.caller.has_role(role)),
        Check::Attribute(name, value) if name == "is_admin" => {
            let is_admin = || {
                if evaluation.rules.is_admin(evaluation.caller) {
                    "True"
                } else {
                    "False"
                }
            };
            evaluation.has_admin && fill(value, &|value| value == is_admin())
        }
        Check::Attribute(name, value) => fill(value, &|value| match evaluation.caller.attribute(name) {
            Attribute::Missing => false,
            Attribute::One(own) => own == value,
            Attribute::Many(own) => own.iter().any(|own| own == value),
        }),
        Check::Literal(text, value) => fill(value, &|value| value == text),
    }
}
