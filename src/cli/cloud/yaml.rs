//! Reads YAML as far as configuration files use it: maps, lists and texts, with anchors.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use serde_json::{Map, Value};

/// The deepest nesting.
const DEEPEST: usize = 32;

/// The most nodes, counting those that aliases repeat.
const MOST: usize = 100_000;

/// Reads the first document. Every scalar is a text, or null.
///
/// # Errors
/// What is wrong, with the line.
pub fn read(text: &str) -> Result<Value, String> {
    let mut reader = YamlReader {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
        line: 1,
        left: MOST,
    };
    loop {
        match reader.next()? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            Event::StreamEnd | Event::DocumentEnd => return Ok(Value::Null),
            event => return reader.node(event, 0),
        }
    }
}

struct YamlReader<'a> {
    events: Parser<'a, StrInput<'a>>,
    anchors: HashMap<usize, Value>,
    line: usize,
    left: usize,
}

impl<'a> YamlReader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.events.next() {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            Some(Err(error)) => Err(format!("line {}: {}", error.marker().line(), error.info())),
            None => Ok(Event::StreamEnd),
        }
    }

    fn node(&mut self, event: Event<'a>, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err(self.fault("is nested too deeply"));
        }
        let (anchor, value) = match event {
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let known = known.ok_or_else(|| self.fault("an alias refers to what contains it"))?;
                self.count(nodes(&known))?;
                return Ok(known);
            }
            Event::Scalar(text, ScalarStyle::Plain, anchor, _) if matches!(&*text, "" | "~" | "null") => {
                (anchor, Value::Null)
            }
            Event::Scalar(text, _, anchor, _) => (anchor, Value::String(text.into_owned())),
            Event::SequenceStart(anchor, _) => (anchor, self.list(depth)?),
            Event::MappingStart(anchor, _) => (anchor, self.map(depth)?),
            _ => return Err(self.fault("is not complete")),
        };
        self.count(1)?;
        // Zero means no anchor.
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn list(&mut self, depth: usize) -> Result<Value, String> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(list.into()),
                event => list.push(self.node(event, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Value, String> {
        let (mut map, mut merged) = (Map::new(), Map::new());
        loop {
            let event = match self.next()? {
                Event::MappingEnd => break,
                event => event,
            };
            let Value::String(name) = self.node(event, depth + 1)? else {
                return Err(self.fault("a name must be a text"));
            };
            let event = self.next()?;
            match self.node(event, depth + 1)? {
                Value::Object(members) if name == "<<" => merged.extend(members),
                value => drop(map.insert(name, value)),
            }
        }
        // What the map says itself comes before what it takes from others.
        merged.extend(map);
        Ok(merged.into())
    }

    fn count(&mut self, nodes: usize) -> Result<(), String> {
        let left = self.left.checked_sub(nodes);
        self.left = left.ok_or_else(|| self.fault("has too many nodes"))?;
        Ok(())
    }

    fn fault(&self, text: &str) -> String {
        format!("line {}: {text}", self.line)
    }
}

fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(nodes).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;

    #[test]
    fn maps_lists_texts_and_anchors_are_read() {
        let text = "a: &x {b: 1, c: [p, 'q']}\nd: *x\ne:\n  <<: *x\n  b: ~\n  f: \"null\"\n";
        let x = json!({"b": "1", "c": ["p", "q"]});
        assert_eq!(
            read(text).unwrap(),
            json!({"a": x, "d": x, "e": {"b": null, "c": ["p", "q"], "f": "null"}})
        );
        assert_eq!(read("# nothing\n"), Ok(Value::Null));
    }

    #[test]
    fn what_is_invalid_or_endless_is_refused() {
        assert!(read("a: [").unwrap_err().starts_with("line "));
        assert_eq!(
            read("a: &x [*x]").unwrap_err(),
            "line 1: an alias refers to what contains it"
        );
        assert!(read(&"[".repeat(100)).is_err());
        let mut bomb = "a0: &a0 x\n".to_owned();
        for level in 1..30 {
            let lower = level - 1;
            writeln!(bomb, "a{level}: &a{level} [*a{lower}, *a{lower}]").unwrap();
        }
        assert!(read(&bomb).unwrap_err().ends_with("has too many nodes"));
    }
}
