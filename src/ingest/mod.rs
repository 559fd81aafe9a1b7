//! Ingest: other services' notifications, turned into messages by the rules of the catalog.
//!
//! [`Consumer`] reads them from the broker, [`Planner`] says what is to be done with one, and
//! [`crate::store::Store::ingest`] does it, once.

mod apply;
mod consumer;
mod gather;
mod keys;
mod order;
mod own;
mod plan;
mod relevant;
pub mod replay;

pub use consumer::Consumer;
pub(crate) use consumer::SetupError;
pub use gather::ProcessedNotification;
pub(crate) use gather::Tally;
pub use plan::{Planner, UnknownType};
