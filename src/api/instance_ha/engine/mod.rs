//! The protocol of recovery engines: they claim notifications, report progress, and end their work.

pub mod claim;
mod fields;
pub mod report;
