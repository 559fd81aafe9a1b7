//! From events to receivers: what arrives, what is tried again, and what becomes of a receiver that fails.

mod ahead;
mod attempts;
mod certificates;
pub mod cloud;
mod digests;
mod faults;
mod faulty;
mod health;
mod settings;

/// In microseconds.
const SECOND: i64 = 1_000_000;
