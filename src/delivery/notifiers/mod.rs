//! The notifiers of listeners.

mod body;
mod email;
mod outcome;
mod signature;

pub use body::EventBody;
pub use email::EmailNotifier;
pub use outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
pub use signature::signature_headers;
