//! Values of parameters.

use std::fmt::{self, Write};

use serde_json::Value as Json;
use uuid::Uuid;

use super::bytes::write_bytes;
use super::kind::{Choice, Kind};
use super::language::Language;

/// The value of one parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value {
    Integer(i64),
    Bytes(u64),
    Uuid(Uuid),
    Choice(&'static Choice),
}

impl Value {
    /// Reads a value that a client sent; `None` if it is of another kind.
    pub(super) fn read(kind: Kind, json: &Json) -> Option<Self> {
        match kind {
            Kind::Integer => whole(json)
                .and_then(|number| i64::try_from(number).ok())
                .map(Self::Integer),
            Kind::Bytes => whole(json)
                .and_then(|number| u64::try_from(number).ok())
                .map(Self::Bytes),
            Kind::Uuid | Kind::Choice(_) => Self::read_word(kind, json.as_str()?),
        }
    }

    /// Parses a stored value without building a JSON tree.
    pub(super) fn parse(kind: Kind, json: &str) -> Option<Self> {
        match kind {
            Kind::Integer => serde_json::from_str(json).ok().map(Self::Integer),
            Kind::Bytes => serde_json::from_str(json).ok().map(Self::Bytes),
            Kind::Uuid | Kind::Choice(_) => Self::read_word(kind, serde_json::from_str(json).ok()?),
        }
    }

    fn read_word(kind: Kind, word: &str) -> Option<Self> {
        match kind {
            Kind::Uuid => canonical_uuid(word).map(Self::Uuid),
            Kind::Choice(choices) => choices
                .iter()
                .find(|choice| choice.value == word)
                .map(Self::Choice),
            Kind::Integer | Kind::Bytes => None,
        }
    }

    pub(super) fn write(self, out: &mut impl Write, language: Language) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(out, "{number}"),
            Self::Bytes(bytes) => write_bytes(out, language, bytes),
            Self::Uuid(id) => write!(out, "{}", id.hyphenated()),
            Self::Choice(choice) => out.write_str(choice.text(language)),
        }
    }

    /// Describes the values of a kind, for a client that sent another.
    pub(super) fn wanted(kind: Kind) -> String {
        match kind {
            Kind::Integer => "must be a whole number of 64 bits".to_owned(),
            Kind::Bytes => "must be a whole number of bytes, 0 or more".to_owned(),
            Kind::Uuid => "must be a UUID in lower case with hyphens".to_owned(),
            Kind::Choice(choices) => {
                let words: Vec<&str> = choices.iter().map(|choice| choice.value).collect();
                format!("must be one of {}", words.join(", "))
            }
        }
    }
}

/// Parses a UUID in canonical form, lower case with hyphens. Other forms are rejected, so that equal ids are equal
/// texts.
pub fn canonical_uuid(text: &str) -> Option<Uuid> {
    let id = Uuid::try_parse(text).ok()?;
    (id.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(id)
}

/// Reads a whole number, even one written as `21474836480.0`: JSON makes no difference, and some services compute sizes
/// in floating point. From 2^53 on, such a number may not be the one that was meant.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the number is whole and below 2^53"
)]
fn whole(json: &Json) -> Option<i128> {
    let exact = json
        .as_i64()
        .map(i128::from)
        .or_else(|| json.as_u64().map(i128::from));
    exact.or_else(|| {
        let number = json.as_f64()?;
        let is_whole = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
        is_whole.then_some(number as i128)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_uuids_are_taken() {
        for id in [
            "0190F4CC-0000-7000-8000-000000000000",
            "0190f4cc000070008000000000000000",
            "{0190f4cc-0000-7000-8000-000000000000}",
            "urn:uuid:0190f4cc-0000-7000-8000-000000000000",
            "",
        ] {
            assert!(Value::read_word(Kind::Uuid, id).is_none(), "{id}");
        }
        assert!(Value::read_word(Kind::Uuid, "0190f4cc-0000-7000-8000-000000000000").is_some());
    }
}
