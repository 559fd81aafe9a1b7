//! The faults of a body as one sentence.

use std::fmt::Write;

/// Faults that one answer names; a batch of a thousand wrong messages says no more by naming each.
const NAMED: usize = 20;

/// The first faults, and how many more there are.
pub fn sentence(faults: &[String]) -> String {
    let mut text = faults
        .iter()
        .take(NAMED)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("; ");
    if faults.len() > NAMED {
        // Writing into memory does not fail.
        let _ = write!(text, "; and {} more", faults.len() - NAMED);
    }
    text
}
