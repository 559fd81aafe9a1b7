//! Texts in every language, and how arguments are written into them.

use std::fmt::{Result, Write};

use super::arguments::Arguments;
use super::kind::Parameter;
use super::language::{LANGUAGES, Language};

/// A text in every language.
pub struct Text(pub(super) [Template; LANGUAGES]);

/// A text in one language; `pieces` is empty if it has no parameters.
pub(super) struct Template {
    pub(super) whole: &'static str,
    pub(super) pieces: &'static [Piece],
}

pub(super) enum Piece {
    Text(&'static str),
    /// A parameter's placeholder, by the index of the parameter.
    Argument(usize),
}

/// How an action is joined to its outcome.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Block storage's: `create snapshot:...` in every language.
    Api,
    /// That of shared file systems: `create: ...` in every language.
    Spaced,
    /// A sentence with the language's punctuation: `Create snapshot: ...`.
    Prose,
}

impl Form {
    /// Writes the part before the outcome.
    pub(super) fn write_action(self, out: &mut impl Write, language: Language, action: &str) -> Result {
        match self {
            Self::Api => {
                out.write_str(action)?;
                out.write_char(':')
            }
            Self::Spaced => {
                out.write_str(action)?;
                out.write_str(": ")
            }
            Self::Prose => {
                let mut rest = action.chars();
                let mut first = rest.next().into_iter().flat_map(char::to_uppercase);
                first.try_for_each(|letter| out.write_char(letter))?;
                out.write_str(rest.as_str())?;
                out.write_str(language.separator())
            }
        }
    }
}

impl Text {
    /// Returns the text as the catalog has it, with `{name}` in place of each parameter.
    pub const fn template(&self, language: Language) -> &'static str {
        self.0[language as usize].whole
    }

    /// Whether the text has parameters.
    pub const fn has_places(&self, language: Language) -> bool {
        !self.0[language as usize].pieces.is_empty()
    }

    /// Writes the text with its arguments; missing ones show as `?`.
    pub(super) fn write(
        &self,
        out: &mut impl Write,
        language: Language,
        parameters: &'static [Parameter],
        arguments: &Arguments,
    ) -> Result {
        let template = &self.0[language as usize];
        if template.pieces.is_empty() {
            return out.write_str(template.whole);
        }
        for piece in template.pieces {
            match piece {
                Piece::Text(text) => out.write_str(text)?,
                Piece::Argument(index) => match arguments.get(parameters, *index) {
                    Some(value) => value.write(out, language)?,
                    None => out.write_char('?')?,
                },
            }
        }
        Ok(())
    }
}
