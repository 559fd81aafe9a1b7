//! Takes the members of a JSON object one by one, and collects what is wrong with them.

use std::fmt;

use serde_json::{Map, Value};

use crate::{brief, spelling};

/// A fault in one field of a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerFault {
    /// The field's name, such as `notifier_config.url`.
    pub field: String,
    /// What is wrong, worded to follow the name.
    pub reason: String,
}

impl ListenerFault {
    /// Creates a fault.
    pub fn new(field: &str, reason: &str) -> Self {
        Self {
            field: field.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

impl fmt::Display for ListenerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.reason)
    }
}

/// A whole number that is not negative; as in JSON Schema, `1.0` is one.
pub fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        format!("{number:.0}").parse().ok()
    })
}

/// The members of an object that have not been taken yet. A null counts as absent.
pub struct Fields<'a> {
    members: &'a Map<String, Value>,
    known: Vec<&'static str>,
    prefix: &'static str,
    faults: Vec<ListenerFault>,
}

impl<'a> Fields<'a> {
    /// Reads an object whose members' names get this prefix in faults, such as `notifier_config.`.
    pub fn new(members: &'a Map<String, Value>, prefix: &'static str) -> Self {
        Self {
            members,
            known: Vec::new(),
            prefix,
            faults: Vec::new(),
        }
    }

    /// Takes a member of any type.
    pub fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// Takes a text of at most `longest` characters. An empty one is a fault.
    pub fn text(&mut self, name: &'static str, longest: usize) -> Option<&'a str> {
        match self.value(name)? {
            Value::String(text) if text.is_empty() => self.fault(name, "must not be empty"),
            Value::String(text) if text.chars().count() <= longest => return Some(text),
            _ => self.fault(name, &format!("must be a text of at most {longest} characters")),
        }
        None
    }

    /// Takes a text without control characters or line breaks.
    pub fn line(&mut self, name: &'static str, longest: usize) -> Option<&'a str> {
        let text = self.text(name, longest)?;
        if text.chars().any(char::is_control) {
            self.fault(name, "must be a single line without control characters");
            return None;
        }
        Some(text)
    }

    /// Takes true or false.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.value(name)?;
        if value.as_bool().is_none() {
            self.fault(name, "must be true or false");
        }
        value.as_bool()
    }

    /// Takes a list of texts: up to `most`, each of at most `longest` characters. An empty list is a fault.
    pub fn texts(&mut self, name: &'static str, most: usize, longest: usize) -> Option<Vec<&'a str>> {
        let value = self.value(name)?;
        let texts = value
            .as_array()
            .map(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        match texts {
            Some(Some(texts)) if texts.is_empty() => self.fault(name, "must not be empty"),
            Some(Some(texts)) if texts.len() > most => {
                self.fault(name, &format!("must not be more than {most}"));
            }
            Some(Some(texts)) if texts.iter().all(|text| text.chars().count() <= longest) => {
                return Some(texts);
            }
            _ => self.fault(
                name,
                &format!("must be a list of texts of at most {longest} characters"),
            ),
        }
        None
    }

    /// Reports a missing member unless it was given, even with a fault.
    pub fn require(&mut self, name: &'static str) {
        if self.members.get(name).is_none_or(Value::is_null) {
            self.fault(name, "is required");
        }
    }

    /// Reports a fault of a member.
    pub fn fault(&mut self, name: &str, reason: &str) {
        self.faults.push(ListenerFault {
            field: format!("{}{name}", self.prefix),
            reason: reason.to_owned(),
        });
    }

    /// Reports members that were not taken, and returns all faults.
    pub fn finish(mut self) -> Vec<ListenerFault> {
        let known = std::mem::take(&mut self.known);
        for name in self.members.keys() {
            if !known.contains(&name.as_str()) {
                let hint = spelling::hint(name, known.iter().copied());
                self.fault(
                    &brief::brief(name, brief::NAME),
                    &format!("is not a known key{hint}"),
                );
            }
        }
        self.faults
    }
}
