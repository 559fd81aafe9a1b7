//! The notifiers of listeners.

mod body;
mod outcome;
mod signature;

pub use body::EventBody;
pub use outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
pub use signature::signature_headers;
