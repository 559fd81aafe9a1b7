//! The time of day.

use std::time::UNIX_EPOCH;

/// Microseconds since 1970; 0 before that year.
#[expect(clippy::disallowed_types, reason = "the clock itself")]
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
