//! Ingest: other services' notifications, turned into messages by the rules of the catalog.
//!
//! [`Planner`] says what is to be done with a notification, [`crate::store::Store::ingest`] does it, once.

mod apply;
mod gather;
mod keys;
mod order;
mod plan;
pub mod replay;

pub use gather::{Gathering, Tally, Told};
pub use order::EVENT_TYPE as ORDER;
pub use plan::{Plan, Planner, Step};
