//! The notifiers of listeners.

mod outcome;

pub use outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
