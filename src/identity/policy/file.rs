//! A policy file: a flat map in YAML (JSON is YAML, too) from the names of rules to rules.

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
    /// What has an anchor, by the number that the parser gives it.
    anchors: HashMap<usize, Node>,
    line: usize,
}

/// What may stand for a rule, or in one.
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
                    return Err(self.fault("there is a second document"));
                }
                Event::DocumentStart(_) => self.next()?,
                event => event,
            };
            let line = self.line;
            entries = Some(match event {
                Event::MappingStart(..) => self.map()?,
                event => match self.node(event, WHOLE, 0)? {
                    // oslo.policy takes what Python holds for false as no rules.
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
                let text = format!("{name}: stands on line {first}, too");
                return Err(self.fault(&text));
            }
            let event = self.next()?;
            let value = self.value(event, &name)?.ok_or_else(|| {
                let text = format!("{name}: has no rule; \"\" allows everybody, \"!\" nobody");
                PolicyFault::new(self.path, line, text)
            })?;
            entries.push(Entry { name, value, line });
        }
    }

    /// A rule; none where nothing stands in its place.
    fn value(&mut self, event: Event<'a>, name: &str) -> Result<Option<Value>, PolicyFault> {
        let shape = format!("{name}: a rule is a string or a list of lists");
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
            Node::List(_) => Err(self.fault(&format!("{name}: a list of checks holds strings"))),
        };
        match list {
            Node::List(list) => list.into_iter().map(check).collect(),
            Node::Null => Ok(Vec::new()),
            one @ Node::Text(_) => Ok(vec![check(one)?]),
        }
    }

    /// The node that an event begins, inside so many lists; `shape` says what may stand there.
    fn node(&mut self, event: Event<'a>, shape: &str, depth: usize) -> Result<Node, PolicyFault> {
        let (anchor, node) = match event {
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                return known.ok_or_else(|| self.fault("an alias stands in what it refers to"));
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
        // Zero is no anchor.
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
                format!("is not YAML: {}", error.info()),
            )),
            None => Ok(Event::StreamEnd),
        }
    }

    fn fault(&self, text: &str) -> PolicyFault {
        PolicyFault::new(self.path, self.line, text.to_owned())
    }
}

/// A rule is a list of lists at most.
const DEEPEST: usize = 2;

/// What a file must be.
const WHOLE: &str = "is not a map from names to rules";

/// What the keys of the map must be.
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
        // As yaml.safe_load of PyYAML 6 has them, in the language of rules.
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
            ("a: role:a\nb: @\n", "p.yaml, line 2: is not YAML"),
            ("- a\n", "line 1: is not a map"),
            ("a: role:a\na: role:b\n", "line 2: a: stands on line 1, too"),
            ("a: role:a\nb:\n", "line 2: b: has no rule"),
            ("a:\n  b: c\n", "a: a rule is a string or a list of lists"),
            ("a: ''\n---\nb: ''\n", "there is a second document"),
            ("---\n---\na: ''\n", "there is a second document"),
            ("a: *nowhere\n", "line 1: is not YAML"),
            (
                "a: ''\nb: &b [[*b]]\n",
                "line 2: an alias stands in what it refers to",
            ),
            (
                "a: &a [[role:a]]\nb: [*a]\n",
                "line 2: b: a list of checks holds strings",
            ),
            (
                "a: &a [x]\n*a : ''\n",
                "line 2: the name of a rule must be a string",
            ),
            ("a: [[[x]]]\n", "a: a rule is a string or a list of lists"),
            (&format!("a: {}", "[".repeat(100_000)), "is not YAML"),
        ] {
            let error = entries(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }
}
