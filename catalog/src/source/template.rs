//! Splits a text at its `{parameter}` placeholders.

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Literal text.
    Text(&'a str),
    /// A parameter's placeholder.
    Parameter(&'a str),
}

/// Splits a text at its `{parameter}` placeholders.
///
/// # Errors
/// Says what is wrong with a brace. Braces cannot be escaped.
pub fn split(text: &str) -> Result<Vec<Piece<'_>>, &'static str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, place) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        let inner = place.strip_prefix('{').ok_or("a `}` has no `{` before it")?;
        let (name, after) = inner.split_once('}').ok_or("a `{` has no `}` after it")?;
        if !is_name(name) {
            return Err("only a parameter's name may stand between `{` and `}`");
        }
        pieces.push(Piece::Parameter(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

/// Whether a word is a valid name for a parameter or a choice: `size`, `max_size2`.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_parameters() {
        use Piece::{Parameter, Text};
        assert_eq!(split("Plain."), Ok(vec![Text("Plain.")]));
        assert_eq!(
            split("{a} of {b_2}."),
            Ok(vec![Parameter("a"), Text(" of "), Parameter("b_2"), Text(".")])
        );
        assert_eq!(split(""), Ok(vec![]));
    }

    #[test]
    fn refuses_stray_braces() {
        for text in ["a } b", "a { b", "{}", "{A}", "{a{b}}", "{ a }", "{{a}}"] {
            assert!(split(text).is_err(), "{text}");
        }
    }
}
