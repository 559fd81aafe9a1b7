//! Arguments that several commands take, for clap.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::catalog::Level;
use crate::message::time;

/// Reads a time, or a date, which is its midnight.
pub fn time(text: &str) -> Result<i64, String> {
    time::bound(text).ok_or_else(|| {
        "must be a time such as 2026-11-21T03:20:24 (UTC), or a date, in the years 1 to 9999".to_owned()
    })
}

/// Reads a level; goes with `ignore_case`.
pub fn level() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.map(Level::as_str))
        .try_map(|word| Level::parse(&word).ok_or("is not a level"))
}
