//! Texts in every language, and how a value is written into one.

use std::fmt::{Result, Write};

use super::arguments::Arguments;
use super::kind::Parameter;
use super::language::{LANGUAGES, Language};

/// A text in every language.
pub struct Text(pub(super) [Template; LANGUAGES]);

/// A text in one language; its pieces are empty if it has no parameters.
pub(super) struct Template {
    pub(super) whole: &'static str,
    pub(super) pieces: &'static [Piece],
}

pub(super) enum Piece {
    Text(&'static str),
    /// The place of a parameter, by its index.
    Argument(usize),
}

impl Text {
    /// The text as it stands in the catalog, with `{name}` where a parameter goes.
    pub const fn template(&self, language: Language) -> &'static str {
        self.0[language as usize].whole
    }

    /// Whether a parameter goes into it.
    pub const fn has_places(&self, language: Language) -> bool {
        !self.0[language as usize].pieces.is_empty()
    }

    /// Writes the text with its arguments, `?` for those that are missing.
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
