//! The notifiers of listeners.

mod amqp;
mod body;
mod email;
mod http;
mod masking;
mod outcome;
mod set;
mod signature;

pub use amqp::AmqpNotifier;
pub use body::EventBody;
pub use email::{EmailNotifier, Question};
pub use http::Guards;
pub use outcome::{LONGEST_ANSWER, Notice, Outcome, Verdict};
pub use set::Notifiers;
