//! Parses oslo.config's INI dialect: `[section]`, `key = value` or `key: value`, `#` and `;` comments on lines of their
//! own, indented lines that continue a value, repeated keys, one pair of quotes around a value, no escapes. Existing
//! libraries join lines across a trailing backslash or a missing `=`, and cannot tell the line of an option.

/// One `key = value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) section: String,
    pub(super) option: String,
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A line that has none of these forms.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) line: usize,
    pub(super) text: &'static str,
}

/// Parses a whole file; a bad line does not hide the others.
pub(super) fn parse(text: &str) -> (Vec<Entry>, Vec<BadLine>) {
    let mut parser = Parser::default();
    for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        parser.line(line.trim_end(), index + 1);
    }
    let mut entries = parser.entries;
    for entry in &mut entries {
        unquote(&mut entry.value);
    }
    (entries, parser.bad)
}

#[derive(Default)]
struct Parser {
    section: Option<String>,
    entries: Vec<Entry>,
    bad: Vec<BadLine>,
    /// Whether an indented line would continue the last entry.
    open: bool,
}

impl Parser {
    fn line(&mut self, text: &str, line: usize) {
        match text.chars().next() {
            None => self.open = false,
            Some(' ' | '\t') => self.continuation(text.trim_start(), line),
            Some('#' | ';') => {}
            Some('[') => self.heading(text, line),
            Some(_) => self.entry(text, line),
        }
    }

    fn continuation(&mut self, text: &str, line: usize) {
        // oslo.config would make an indented comment part of the value, which is never intended.
        if text.starts_with(['#', ';']) {
            return;
        }
        match self.entries.last_mut().filter(|_| self.open) {
            Some(entry) => {
                entry.value.push('\n');
                entry.value.push_str(text);
            }
            None => self.fault(
                line,
                "an indented line continues a value, but there is none before it",
            ),
        }
    }

    fn heading(&mut self, text: &str, line: usize) {
        self.open = false;
        match text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .map(str::trim)
        {
            Some(name) if !name.is_empty() => self.section = Some(section_name(name)),
            _ => self.fault(line, "a section must be written [name] on a line of its own"),
        }
    }

    fn entry(&mut self, text: &str, line: usize) {
        self.open = false;
        let Some((option, value)) = text.split_once(['=', ':']) else {
            return self.fault(
                line,
                "a line must be key = value, [section], or a comment that starts with # or ;",
            );
        };
        let Some(section) = self.section.clone() else {
            return self.fault(line, "an option must not precede the first [section]");
        };
        if option.trim().is_empty() {
            return self.fault(line, "the name before the = sign is missing");
        }
        let (option, value) = (option_name(option.trim()), value.trim().to_owned());
        self.entries.push(Entry {
            section,
            option,
            value,
            line,
        });
        self.open = true;
    }

    fn fault(&mut self, line: usize, text: &'static str) {
        self.bad.push(BadLine { line, text });
    }
}

/// Section names are case-insensitive, except for `DEFAULT`.
pub(super) fn section_name(name: &str) -> String {
    if name.eq_ignore_ascii_case("default") {
        "DEFAULT".to_owned()
    } else {
        name.to_ascii_lowercase()
    }
}

/// `log-file` and `log_file` are the same option.
pub(super) fn option_name(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

fn unquote(value: &mut String) {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.map(str::to_owned) {
            *value = inner;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<(String, String, String)> {
        let (entries, bad) = parse(text);
        assert_eq!(bad, []);
        entries
            .into_iter()
            .map(|entry| (entry.section, entry.option, entry.value))
            .collect()
    }

    fn one(text: &str) -> String {
        entries(text).pop().unwrap().2
    }

    #[test]
    fn comments_blank_lines_and_both_separators() {
        let text = "\u{feff}# c\n; d\n\n[DEFAULT]\r\na = 1\r\nb: x=y\n  \n[Api]\nbind=z\n   # remark\n";
        let (found, bad) = parse(text);
        assert_eq!(bad, []);
        assert_eq!(
            found[0],
            Entry {
                section: "DEFAULT".into(),
                option: "a".into(),
                value: "1".into(),
                line: 5
            }
        );
        assert_eq!(
            (found[1].value.as_str(), found[2].section.as_str()),
            ("x=y", "api")
        );
        assert_eq!(found[2].value, "z");
    }

    #[test]
    fn nothing_inside_a_value_is_special() {
        assert_eq!(one("[a]\nr = [0-9]{1,4}\\d\\\n"), "[0-9]{1,4}\\d\\");
        assert_eq!(one("[a]\nr = a # b ; c $d %s"), "a # b ; c $d %s");
    }

    #[test]
    fn a_pair_of_quotes_is_dropped() {
        assert_eq!(one("[a]\nr = \" x \""), " x ");
        assert_eq!(one("[a]\nr = 'x"), "'x");
        assert_eq!(one("[a]\nr = \""), "\"");
    }

    #[test]
    fn indented_lines_continue_and_keys_repeat() {
        let found = entries("[a]\nlist = x,\n  y,\n\tz\nlist = w\nlog-file =\n");
        assert_eq!(found[0].2, "x,\ny,\nz");
        assert_eq!((found[1].1.as_str(), found[1].2.as_str()), ("list", "w"));
        assert_eq!((found[2].1.as_str(), found[2].2.as_str()), ("log_file", ""));
    }

    #[test]
    fn bad_lines_are_all_found_with_their_numbers() {
        let (found, bad) = parse("a = 1\n[x\n  y\nnothing\n= 4\n[ok]\nb = 2\n");
        assert_eq!(
            bad.iter().map(|bad| bad.line).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        assert_eq!(found.len(), 1);
    }
}
