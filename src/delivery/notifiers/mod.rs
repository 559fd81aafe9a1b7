//! The notifiers of listeners.

mod amqp;
mod body;
mod outcome;
mod signature;

pub use amqp::AmqpNotifier;
pub use body::EventBody;
pub use outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
pub use signature::signature_headers;
