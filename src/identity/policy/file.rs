//! Policy files: a flat map from rule names to rules in YAML (or JSON, which is a subset).

use std::collections::HashMap;
use std::path::Path;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::check::Check;
use super::fault::PolicyFault;
use super::parse::{self, Lists};

/// One rule of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: Value,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A rule as a file contains it.
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

    /// Returns it in the language of rules.
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

/// Parses a file's text; a file with only comments has no rules.
///
/// # Errors
/// Returns the first fault, with its line.
pub(super) fn read(path: &Path, text: &str) -> Result<Vec<Entry>, PolicyFault> {
    let mut reader = FileReader {
        path,
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        line: 1,
    };
    reader.file()
}

type Events<'a> = Parser<'a, saphyr_parser::StrInput<'a>>;

struct FileReader<'a> {
    path: &'a Path,
    events: Events<'a>,
    /// The anchored nodes, by the parser's number.
    anchors: HashMap<usize, Node>,
    line: usize,
}

/// What a rule or a part of it may be.
#[derive(Debug, Clone)]
enum Node {
    Null,
    Text(String),
    List(Vec<Self>),
}

impl<'a> FileReader<'a> {
    fn file(&mut self) -> Result<Vec<Entry>, PolicyFault> {
        let mut entries = None;
        loop {
            let event = match self.next()? {
                Event::StreamEnd => return Ok(entries.unwrap_or_default()),
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => continue,
                Event::DocumentStart(_) if entries.is_some() => {
                    return Err(self.fault("must contain only one document"));
                }
                Event::DocumentStart(_) => self.next()?,
                event => event,
            };
            let line = self.line;
            entries = Some(match event {
                Event::MappingStart(..) => self.map()?,
                event => match self.node(event, WHOLE, 0)? {
                    // oslo.policy treats every value that is false in Python as no rules.
                    Node::Null => Vec::new(),
                    Node::Text(text) if text.is_empty() => Vec::new(),
                    Node::List(list) if list.is_empty() => Vec::new(),
                    _ => return Err(PolicyFault::new(self.path, line, WHOLE.to_owned())),
                },
            });
        }
    }

    fn map(&mut self) -> Result<Vec<Entry>, PolicyFault> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        loop {
            let event = match self.next()? {
                Event::MappingEnd => return Ok(entries),
                event @ (Event::Scalar(..) | Event::Alias(_)) => event,
                _ => return Err(self.fault(NAME)),
            };
            let line = self.line;
            let name = match self.node(event, NAME, DEEPEST)? {
                Node::Text(name) => name,
                Node::Null | Node::List(_) => return Err(self.fault(NAME)),
            };
            if let Some(first) = lines.insert(name.clone(), line) {
                let text = format!("{name}: already defined on line {first}");
                return Err(self.fault(&text));
            }
            let event = self.next()?;
            let value = self.value(event, &name)?.ok_or_else(|| {
                let text = format!("{name}: has no rule; \"\" always allows, \"!\" always denies");
                PolicyFault::new(self.path, line, text)
            })?;
            entries.push(Entry { name, value, line });
        }
    }

    /// Parses a rule; `None` if there is none.
    fn value(&mut self, event: Event<'a>, name: &str) -> Result<Option<Value>, PolicyFault> {
        let shape = format!("{name}: a rule must be a string or a list of lists");
        Ok(Some(match self.node(event, &shape, 0)? {
            Node::Null => return Ok(None),
            Node::Text(rule) => Value::Text(rule),
            Node::List(lists) => Value::Lists(
                lists
                    .into_iter()
                    .map(|list| self.checks(list, name))
                    .collect::<Result<_, _>>()?,
            ),
        }))
    }

    fn checks(&self, list: Node, name: &str) -> Result<Vec<String>, PolicyFault> {
        let check = |node: Node| match node {
            Node::Text(check) => Ok(check),
            Node::Null => Ok(String::new()),
            Node::List(_) => Err(self.fault(&format!("{name}: a list of checks must contain strings"))),
        };
        match list {
            Node::List(list) => list.into_iter().map(check).collect(),
            Node::Null => Ok(Vec::new()),
            one @ Node::Text(_) => Ok(vec![check(one)?]),
        }
    }

    /// Parses the node that starts with an event, at this depth of lists; `shape` describes the allowed nodes.
    fn node(&mut self, event: Event<'a>, shape: &str, depth: usize) -> Result<Node, PolicyFault> {
        let (anchor, node) = match event {
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                return known.ok_or_else(|| self.fault("an alias refers to a node that contains it"));
            }
            Event::Scalar(text, style, anchor, _) if is_null(&text, style) => (anchor, Node::Null),
            Event::Scalar(text, _, anchor, _) => (anchor, Node::Text(text.into_owned())),
            Event::SequenceStart(anchor, _) if depth < DEEPEST => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => list.push(self.node(event, shape, depth + 1)?),
                    }
                }
                (anchor, Node::List(list))
            }
            _ => return Err(self.fault(shape)),
        };
        // Zero means no anchor.
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn next(&mut self) -> Result<Event<'a>, PolicyFault> {
        let next: Option<Result<(Event<'a>, Span), ScanError>> = self.events.next();
        match next {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            Some(Err(error)) => Err(PolicyFault::new(
                self.path,
                error.marker().line(),
                format!("invalid YAML: {}", error.info()),
            )),
            None => Ok(Event::StreamEnd),
        }
    }

    fn fault(&self, text: &str) -> PolicyFault {
        PolicyFault::new(self.path, self.line, text.to_owned())
    }
}

/// A rule is at most a list of lists.
const DEEPEST: usize = 2;

/// The required form of a file.
const WHOLE: &str = "must be a map from names to rules";

/// The required form of the map's keys.
const NAME: &str = "the name of a rule must be a string";

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
        for empty in [
            "",
            "# nothing\n",
            "---\n",
            "---\n...\n",
            "--- # nothing\n",
            "~",
            "null\n",
            "--- Null\n",
            "{}",
            "[]",
            "\"\"\n",
        ] {
            assert_eq!(entries(empty), Ok(vec![]), "{empty:?}");
        }
    }

    #[test]
    fn an_alias_stands_for_what_has_its_anchor() {
        let text = "a: &owner role:a or role:b\nb: *owner\nc: &list [&both [role:a, role:b], role:c]\n\
                    d: *list\ne: [*both, *owner]\n&name f: ''\ng: *name\n";
        let rules: Vec<(String, String)> = entries(text)
            .unwrap()
            .into_iter()
            .map(|(name, rule, _)| (name, rule))
            .collect();
        // As PyYAML 6's yaml.safe_load reads them, in the language of rules.
        let want = [
            ("a", "role:a or role:b"),
            ("b", "role:a or role:b"),
            ("c", "role:a and role:b or role:c"),
            ("d", "role:a and role:b or role:c"),
            ("e", "role:a and role:b or role:a or role:b"),
            ("f", ""),
            ("g", "f"),
        ];
        assert_eq!(rules, want.map(|(name, rule)| (name.to_owned(), rule.to_owned())));
    }

    #[test]
    fn what_is_no_such_map_is_refused_with_its_line() {
        for (text, reason) in [
            ("a: 'x\n", "p.yaml, line "),
            ("a: role:a\nb: @\n", "p.yaml, line 2: invalid YAML"),
            ("- a\n", "line 1: must be a map"),
            ("a: role:a\na: role:b\n", "line 2: a: already defined on line 1"),
            ("a: role:a\nb:\n", "line 2: b: has no rule"),
            ("a:\n  b: c\n", "a: a rule must be a string or a list of lists"),
            ("a: ''\n---\nb: ''\n", "must contain only one document"),
            ("---\n---\na: ''\n", "must contain only one document"),
            ("a: *nowhere\n", "line 1: invalid YAML"),
            (
                "a: ''\nb: &b [[*b]]\n",
                "line 2: an alias refers to a node that contains it",
            ),
            (
                "a: &a [[role:a]]\nb: [*a]\n",
                "line 2: b: a list of checks must contain strings",
            ),
            (
                "a: &a [x]\n*a : ''\n",
                "line 2: the name of a rule must be a string",
            ),
            ("a: [[[x]]]\n", "a: a rule must be a string or a list of lists"),
            (&format!("a: {}", "[".repeat(100_000)), "invalid YAML"),
        ] {
            let error = entries(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }
}
