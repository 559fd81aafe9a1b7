//! The notifiers of listeners.

mod email;
mod outcome;

pub use email::EmailNotifier;
pub use outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
