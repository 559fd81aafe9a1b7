//! Argument parsers that several commands share.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use uuid::Uuid;

use crate::catalog::Level;
use crate::message::time;

/// Parses a time, or a date, which means its midnight.
pub fn time(text: &str) -> Result<i64, String> {
    time::bound(text).ok_or_else(|| {
        "must be a time such as 2026-11-21T03:20:24 (UTC), or a date, in the years 1 to 9999".to_owned()
    })
}

/// Parses an id.
pub fn id(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text)
        .map_err(|_| "must be a UUID such as 4c4d4a1e-53a3-4ed4-9d6c-3b5de6a2d3ad".to_owned())
}

/// Parses a level; combine with `ignore_case`.
pub fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.map(Level::as_str))
        .try_map(|word| Level::parse(&word).ok_or("must be ERROR, WARNING or INFO"))
}
