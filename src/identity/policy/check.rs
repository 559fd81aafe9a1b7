//! A rule as a tree.

use super::template::Template;

/// A parsed rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    /// Always allowed: `@` or an empty rule.
    True,
    /// Never allowed: `!`.
    False,
    /// `not`.
    Not(Box<Self>),
    /// `and`.
    All(Vec<Self>),
    /// `or`.
    Any(Vec<Self>),
    /// `rule:NAME`.
    Rule(String),
    /// `role:NAME`.
    Role(Template),
    /// `ATTRIBUTE:VALUE`: an attribute of the caller has the value.
    Attribute(String, Template),
    /// `'TEXT':VALUE`: the text, in Python's spelling, equals the value.
    Literal(String, Template),
}

impl Check {
    /// Collects the rules that this one refers to.
    pub(super) fn references<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Not(inner) => inner.references(found),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.references(found)),
            Self::Rule(name) => found.push(name),
            _ => {}
        }
    }
}
