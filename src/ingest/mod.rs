//! Ingest: turns other services' notifications into messages by the catalog's rules.
//!
//! [`Consumer`] reads them from the broker, [`Planner`] decides what to do with each one, and
//! [`crate::store::Store::ingest`] does it exactly once.

mod apply;
mod consumer;
pub mod gaps;
mod gather;
mod keys;
mod order;
mod own;
mod plan;
mod relevant;
pub mod replay;
mod unmatched;

pub use consumer::Consumer;
pub(crate) use consumer::SetupError;
pub use gather::ProcessedNotification;
pub(crate) use gather::Tally;
pub use plan::{Planner, UnknownType};
