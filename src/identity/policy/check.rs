//! A rule as a tree, and what it says of a caller and a target.

use super::Target;
use super::rules::Rules;
use super::template::Template;
use crate::identity::Caller;
use crate::identity::caller::Attribute;

/// A rule, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    /// Everybody may: `@` or an empty rule.
    True,
    /// Nobody may: `!`.
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
    /// `'TEXT':VALUE`: the text, in Python's spelling, is the value.
    Literal(String, Template),
}

/// Who asks for what.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) rules: &'a Rules,
    pub(super) caller: &'a Caller,
    pub(super) target: Target<'a>,
    /// Whether `is_admin` may be asked for; not while it is being found out.
    pub(super) has_admin: bool,
}

impl Check {
    /// Whether the rule allows it.
    pub(super) fn allows(&self, question: Question<'_>) -> bool {
        let fill = |template: &'_ Template, is: &dyn Fn(&str) -> bool| {
            template.fill(question.target).is_some_and(|value| is(&value))
        };
        match self {
            Self::True => true,
            Self::False => false,
            Self::Not(inner) => !inner.allows(question),
            Self::All(parts) => parts.iter().all(|part| part.allows(question)),
            Self::Any(parts) => parts.iter().any(|part| part.allows(question)),
            Self::Rule(name) => question
                .rules
                .find(name)
                .is_some_and(|rule| rule.allows(question)),
            Self::Role(role) => fill(role, &|role| question.caller.has_role(role)),
            Self::Attribute(name, value) if name == "is_admin" => {
                let is_admin = || {
                    if question.rules.is_admin(question.caller) {
                        "True"
                    } else {
                        "False"
                    }
                };
                question.has_admin && fill(value, &|value| value == is_admin())
            }
            Self::Attribute(name, value) => fill(value, &|value| match question.caller.attribute(name) {
                Attribute::Missing => false,
                Attribute::One(own) => own == value,
                Attribute::Many(own) => own.iter().any(|own| own == value),
            }),
            Self::Literal(text, value) => fill(value, &|value| value == text),
        }
    }

    /// The rules that this one names.
    pub(super) fn references<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Not(inner) => inner.references(found),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.references(found)),
            Self::Rule(name) => found.push(name),
            _ => {}
        }
    }
}
