//! Purge: deletes expired rows in small batches. Roll-up: counts recorded messages, before they are deleted.
//!
//! A lease in the database allows one purge at a time; each batch renews it. A purge that dies leaves nothing half
//! done: the next one on the same host takes the lease over at once, one on another host once it has expired.

mod count;
mod options;
mod purge;
mod report;
mod rollup;
mod schedule;
mod sweep;

pub use options::Options;
pub use purge::Purge;
pub use report::{Error, PurgeReport};
pub use rollup::RollUp;
pub use schedule::Schedule;
