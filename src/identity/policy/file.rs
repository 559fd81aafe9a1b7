//! A policy file: a flat map in YAML (JSON is YAML, too) from the names of rules to rules.

use std::collections::HashMap;
use std::path::Path;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::check::Check;
use super::fault::Fault;
use super::parse::{self, Lists};

/// One rule of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Value,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A rule as a file writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Lists(Lists),
}

impl Value {
    pub(super) fn parse(&self) -> Result<Check, String> {
        match self {
            Self::Text(rule) => parse::text(rule),
            Self::Lists(rule) => parse::lists(rule),
        }
    }

    /// In the language of rules.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(rule) => rule.clone(),
            Self::Lists(lists) => {
                let all = lists.iter().filter(|list| !list.is_empty());
                all.map(|list| list.join(" and "))
                    .collect::<Vec<_>>()
                    .join(" or ")
            }
        }
    }
}

/// Reads a file's text; a file with nothing but comments has no rules.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<Entry>, Fault> {
    let mut reader = Reader {
        path,
        events: Parser::new_from_str(text),
        line: 1,
    };
    reader.file()
}

type Events<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

struct Reader<'a> {
    path: &'a Path,
    events: Events<'a>,
    line: usize,
}

impl<'a> Reader<'a> {
    fn file(&mut self) -> Result<Vec<Entry>, Fault> {
        let mut entries = Vec::new();
        let mut has_document = false;
        loop {
            match self.next()? {
                Event::StreamEnd => return Ok(entries),
                Event::MappingStart(..) if !has_document => {
                    has_document = true;
                    entries = self.map()?;
                }
                Event::Scalar(text, ScalarStyle::Plain, ..) if text.is_empty() || text == "~" => {}
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                _ if has_document => return Err(self.fault("there is a second document")),
                _ => return Err(self.fault("is not a map from names to rules")),
            }
        }
    }

    fn map(&mut self) -> Result<Vec<Entry>, Fault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let name = match self.next()? {
                Event::MappingEnd => return Ok(entries),
                Event::Scalar(name, ..) => name.into_owned(),
                _ => return Err(self.fault("the name of a rule must be a string")),
            };
            let line = self.line;
            if let Some(first) = lines.insert(name.clone(), line) {
                let text = format!("{name}: stands on line {first}, too");
                return Err(self.fault(&text));
            }
            let value = match self.next()? {
                Event::Scalar(text, style, ..) if is_null(&text, style) => {
                    let text = format!("{name}: has no rule; \"\" allows everybody, \"!\" nobody");
                    return Err(Fault::new(self.path, line, text));
                }
                Event::Scalar(text, ..) => Value::Text(text.into_owned()),
                Event::SequenceStart(..) => Value::Lists(self.lists(&name)?),
                _ => return Err(self.fault(&format!("{name}: a rule is a string or a list of lists"))),
            };
            entries.push(Entry { name, value, line });
        }
    }

    fn lists(&mut self, name: &str) -> Result<Lists, Fault> {
        let mut lists = Lists::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(lists),
                Event::Scalar(check, ..) => lists.push(vec![check.into_owned()]),
                Event::SequenceStart(..) => lists.push(self.list(name)?),
                _ => return Err(self.fault(&format!("{name}: a rule is a string or a list of lists"))),
            }
        }
    }

    fn list(&mut self, name: &str) -> Result<Vec<String>, Fault> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(list),
                Event::Scalar(check, ..) => list.push(check.into_owned()),
                _ => return Err(self.fault(&format!("{name}: a list of checks holds strings"))),
            }
        }
    }

    fn next(&mut self) -> Result<Event<'a>, Fault> {
        let next: Option<Result<(Event<'a>, Span), ScanError>> = self.events.next();
        match next {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            Some(Err(error)) => Err(Fault::new(
                self.path,
                error.marker().line(),
                format!("is not YAML: {}", error.info()),
            )),
            None => Ok(Event::StreamEnd),
        }
    }

    fn fault(&self, text: &str) -> Fault {
        Fault::new(self.path, self.line, text.to_owned())
    }
}

fn is_null(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Result<Vec<(String, String, usize)>, String> {
        let read = read(Path::new("p.yaml"), text).map_err(|fault| fault.to_string())?;
        Ok(read
            .into_iter()
            .map(|entry| (entry.name.clone(), entry.value.shown(), entry.line))
            .collect())
    }

    #[test]
    fn a_file_is_a_flat_map_of_names_to_rules() {
        let text = "# mine\n\"message:get\": \"role:a\"\n\nother: role:b or\n  role:c\n'x': ''\n";
        let entry = |name: &str, rule: &str, line| (name.to_owned(), rule.to_owned(), line);
        assert_eq!(
            entries(text),
            Ok(vec![
                entry("message:get", "role:a", 2),
                entry("other", "role:b or role:c", 4),
                entry("x", "", 6),
            ])
        );
        assert_eq!(entries("{\"a\": \"!\"}"), Ok(vec![entry("a", "!", 1)]));
        assert_eq!(
            entries("a: [[role:a, role:b], [role:c], role:d]"),
            Ok(vec![entry("a", "role:a and role:b or role:c or role:d", 1)])
        );
        for empty in ["", "# nothing\n", "---\n", "---\n...\n"] {
            assert_eq!(entries(empty), Ok(vec![]), "{empty:?}");
        }
    }

    #[test]
    fn what_is_no_such_map_is_refused_with_its_line() {
        for (text, reason) in [
            ("a: 'x\n", "p.yaml, line "),
            ("a: role:a\nb: @\n", "p.yaml, line 2: is not YAML"),
            ("- a\n", "line 1: is not a map"),
            ("a: role:a\na: role:b\n", "line 2: a: stands on line 1, too"),
            ("a: role:a\nb:\n", "line 2: b: has no rule"),
            ("a:\n  b: c\n", "a: a rule is a string or a list of lists"),
            ("a: ''\n---\nb: ''\n", "there is a second document"),
        ] {
            let error = entries(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }
}
