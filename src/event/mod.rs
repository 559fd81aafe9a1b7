//! Events: what happened, told to operators and machines.

mod envelope;
mod priority;

pub use envelope::Envelope;
pub use priority::Priority;
