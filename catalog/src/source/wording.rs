//! Rules for every text: one line, short, a full sentence where the user reads one, and only declared parameters.

use super::entry::{Choice, Entry, Kind, Parameter, Section};
use super::fault::{CatalogFault, Located};
use super::template::{self, Piece};

/// The most characters of a text with its parameters at their longest.
const LONGEST: usize = 255;

/// Checks the texts of an entry in one language; `declared` are the parameters of the English entry.
pub(super) fn check(
    path: &str,
    section: Section,
    entry: &Entry,
    declared: &[Parameter],
    full_stop: &str,
) -> Vec<CatalogFault> {
    let mut texts = Texts {
        path,
        declared,
        faults: Vec::new(),
    };
    let end = section.has_sentences().then_some(full_stop);
    texts.check("text", &entry.text, end);
    if let Some(remedy) = &entry.remedy {
        texts.check("remedy", remedy, end);
    }
    for parameter in &entry.parameters {
        texts.check_choices(parameter.kind.choices());
    }
    texts.faults
}

/// Lists what is wrong with a sentence that takes no parameters, such as the description of an event.
pub(super) fn sentence(key: &str, text: &str, full_stop: &str) -> Vec<String> {
    let mut texts = Texts {
        path: "",
        declared: &[],
        faults: Vec::new(),
    };
    let located = Located {
        value: text.to_owned(),
        line: 0,
    };
    texts.check(key, &located, Some(full_stop));
    texts.faults.into_iter().map(|fault| fault.message).collect()
}

/// Returns the names of the parameters that a text uses, sorted and deduplicated.
pub(super) fn used(text: &str) -> Vec<&str> {
    let pieces = template::split(text).unwrap_or_default();
    let mut names: Vec<&str> = pieces
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(name),
            Piece::Text(_) => None,
        })
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

struct Texts<'a> {
    path: &'a str,
    declared: &'a [Parameter],
    faults: Vec<CatalogFault>,
}

impl Texts<'_> {
    fn fault(&mut self, line: usize, message: String) {
        self.faults.push(CatalogFault {
            path: self.path.to_owned(),
            line,
            message,
        });
    }

    /// Checks a text. `full_stop` is the mark that must end it; `None` for a phrase, which must not end with one.
    fn check(&mut self, key: &str, text: &Located<String>, full_stop: Option<&str>) {
        let (value, line) = (text.value.as_str(), text.line);
        if value.trim().is_empty() {
            return self.fault(line, format!("`{key}` is empty"));
        }
        if value.chars().any(char::is_control) {
            self.fault(
                line,
                format!("`{key}` has a line break or another control character"),
            );
        } else if value.trim() != value || value.contains("  ") {
            self.fault(line, format!("`{key}` has superfluous white space"));
        }
        match full_stop {
            Some(stop) if !value.trim_end().ends_with(stop) => {
                self.fault(line, format!("`{key}` does not end with the full stop `{stop}`"));
            }
            None if value.trim_end().ends_with(['.', '。']) => {
                self.fault(
                    line,
                    format!("`{key}` becomes part of a sentence and must not end with a full stop"),
                );
            }
            _ => {}
        }
        self.check_places(key, text);
    }

    fn check_places(&mut self, key: &str, text: &Located<String>) {
        let pieces = match template::split(&text.value) {
            Ok(pieces) => pieces,
            Err(reason) => return self.fault(text.line, format!("`{key}`: {reason}")),
        };
        let mut length = 0;
        for piece in pieces {
            match piece {
                Piece::Text(text) => length += text.chars().count(),
                Piece::Parameter(name) => {
                    let parameter = self.declared.iter().find(|known| known.name.value == name);
                    length += parameter.map_or(0, |parameter| longest(&parameter.kind));
                    if parameter.is_none() {
                        self.fault(
                            text.line,
                            format!("`{key}` uses the undeclared parameter `{name}`"),
                        );
                    }
                }
            }
        }
        if length > LONGEST {
            let message = format!("`{key}` can have {length} characters, more than the {LONGEST} allowed");
            self.fault(text.line, message);
        }
    }

    fn check_choices(&mut self, choices: &[Choice]) {
        for choice in choices {
            let value = &choice.value.value;
            if !template::is_name(value) {
                let message = format!("choice `{value}` must be lower-case letters, digits and `_`");
                self.fault(choice.value.line, message);
            }
            self.check(value, &choice.text, None);
            if !used(&choice.text.value).is_empty() {
                self.fault(
                    choice.text.line,
                    format!("choice `{value}` cannot have parameters"),
                );
            }
        }
    }
}

/// Returns the most characters that a parameter of a kind can take.
fn longest(kind: &Kind) -> usize {
    match kind {
        Kind::Integer => i64::MIN.to_string().len(),
        Kind::Bytes => "1023.9 KiB".len(),
        Kind::Uuid => 36,
        Kind::Choice(choices) => choices
            .iter()
            .map(|choice| choice.text.value.chars().count())
            .max()
            .unwrap_or_default(),
    }
}
