//! The cost of comparing a row with conditions.

use crate::message::Condition;

/// Costs, of which [`WHOLE`] make that of a plain row.
const WHOLE: u64 = 8;
const PATTERN: u64 = 2;
const VALUE: u64 = 1;
/// Looks up a mark, and perhaps a note of late arrival.
const STATE: u64 = 2 * WHOLE;

/// Bytes of a pattern that cost as much as a value.
const BYTES: usize = 16;

/// The cost of a row that is compared with all of these conditions, in plain rows.
pub(super) fn of(conditions: &[Condition]) -> u64 {
    1 + parts(conditions) / WHOLE
}

fn parts(conditions: &[Condition]) -> u64 {
    conditions.iter().map(part).sum()
}

fn part(condition: &Condition) -> u64 {
    match condition {
        Condition::Like(_, text) | Condition::Contains(_, text) | Condition::StartsWith(_, text) => {
            PATTERN + u64::try_from(text.len() / BYTES).unwrap_or(u64::MAX)
        }
        Condition::Any(groups) => groups.iter().map(|group| parts(group)).sum(),
        Condition::State(..) => STATE,
        _ => VALUE,
    }
}
