//! Regular expressions in the configuration.

use regex::Regex;

use super::value::Value;

/// A regular expression that a whole text must match.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    regex: Option<Regex>,
}

impl Pattern {
    /// Whether all of `text` matches, not only a part.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Returns the expression as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

/// Matches the project ids that are safe in a path: `[0-9A-Za-z_-]{1,64}`.
impl Default for Pattern {
    fn default() -> Self {
        let source = "[0-9A-Za-z_-]{1,64}".to_owned();
        Self {
            regex: whole(&source).ok(),
            source,
        }
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Value for Pattern {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("must not be empty; an example is [0-9a-f]{32}".to_owned());
        }
        // Compiled on its own first, so that unbalanced brackets cannot become valid inside the added group.
        let regex = Regex::new(text).and_then(|_| whole(text));
        let fault = |error: regex::Error| {
            format!(
                "{text:?} is not a valid regular expression: {}",
                last_line(&error)
            )
        };
        regex
            .map(|regex| Self {
                source: text.to_owned(),
                regex: Some(regex),
            })
            .map_err(fault)
    }
}

fn whole(source: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!(r"\A(?:{source})\z"))
}

/// Returns the last line of the parser's error, which says what is wrong; the others show the expression.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines()
        .last()
        .map_or(text.as_str(), |line| line.trim_start_matches("error: "))
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_whole_texts_only() {
        let pattern = Pattern::parse("a|bc").unwrap();
        assert!(pattern.matches("a") && pattern.matches("bc"));
        assert!(!pattern.matches("abc") && !pattern.matches("a\n") && !pattern.matches(""));
    }

    #[test]
    fn the_default_takes_project_ids() {
        let pattern = Pattern::default();
        assert!(pattern.matches("89afd400-b646-4bbc-b12b-c0a4d63e5bd3") && pattern.matches(&"x".repeat(64)));
        assert!(!pattern.matches("a.b") && !pattern.matches(&"x".repeat(65)) && !pattern.matches("é"));
    }

    #[test]
    fn tells_what_is_wrong_in_one_line() {
        let fault = Pattern::parse("[0-9").unwrap_err();
        assert!(
            fault.contains("unclosed character class") && !fault.contains('\n'),
            "{fault}"
        );
        assert!(Pattern::parse("a)(b").is_err());
        assert!(Pattern::parse("").is_err());
    }
}
