//! Texts in every language, and how a value is written into one.

use std::fmt::{Result, Write};

use super::generated::LANGUAGES;
use super::{Arguments, Language, Parameter};

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

/// What a parameter holds: nothing that could carry free text.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A whole number of 64 bits.
    Integer,
    /// A number of bytes, shown in the unit that fits.
    Bytes,
    /// The id of something, in canonical lower-case form.
    Uuid,
    /// One of the listed words.
    Choice(&'static [Choice]),
}

/// A word that a parameter may hold.
#[derive(Debug)]
pub struct Choice {
    /// The word on the wire.
    pub value: &'static str,
    pub(super) texts: [&'static str; LANGUAGES],
}

impl Choice {
    /// What the user reads for it.
    pub const fn text(&self, language: Language) -> &'static str {
        self.texts[language as usize]
    }
}

impl Kind {
    /// Its word in the catalog's files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Bytes => "bytes",
            Self::Uuid => "uuid",
            Self::Choice(_) => "choice",
        }
    }
}

/// Writes a number of bytes in the binary unit that fits, with one decimal where it is not zero: `1.5 GiB`.
pub(super) fn write_bytes(out: &mut impl Write, language: Language, bytes: u64) -> Result {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return write!(out, "{bytes} B");
    }
    let mut size = 1024_u128;
    let mut unit = 0;
    let tenths = |size: u128| (u128::from(bytes) * 10 + size / 2) / size;
    // Rounded up it may be a whole one of the next unit.
    while tenths(size) >= 10240 && unit + 1 < UNITS.len() {
        size *= 1024;
        unit += 1;
    }
    let tenths = tenths(size);
    write!(out, "{}", tenths / 10)?;
    if tenths % 10 != 0 {
        write!(out, "{}{}", language.decimal_point(), tenths % 10)?;
    }
    write!(out, " {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        let mut lines = String::new();
        for bytes in [
            0,
            1,
            1023,
            1024,
            1536,
            1_048_575,
            1_048_576,
            10_737_418_240,
            11_000_000_000,
            u64::MAX,
        ] {
            write!(lines, "{bytes} = ").unwrap();
            write_bytes(&mut lines, Language::English, bytes).unwrap();
            lines.push('\n');
        }
        insta::assert_snapshot!(lines, @"
        0 = 0 B
        1 = 1 B
        1023 = 1023 B
        1024 = 1 KiB
        1536 = 1.5 KiB
        1048575 = 1 MiB
        1048576 = 1 MiB
        10737418240 = 10 GiB
        11000000000 = 10.2 GiB
        18446744073709551615 = 16 EiB
        ");
    }
}
