//! Asking the owners of e-mail addresses whether they want to be sent the events of a project, and what they decide.

mod asker;
mod decisions;
mod wanting;

pub use asker::Asker;
pub use decisions::Confirmations;
