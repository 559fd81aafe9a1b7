//! Recording notifications: each once, for the project that owns the resource.
//!
//! The keys of recorded notifications and the owners of resources are read and written in the transaction of the messages, so
//! that a notification that is redelivered after a crash finds its key.

mod batch;
mod probe;
mod record;
mod settle;
mod table;
mod unmatched;

pub use batch::{Arrival, IngestBatch, IngestKey, IngestOutcome, Occurrence, Owner};
pub(in crate::store) use probe::batch as probe;
pub(in crate::store) use record::record;
pub use settle::{IngestState, NewKey, Settled};
pub(in crate::store) use table::{KeyRow, OwnerRow};
pub(in crate::store) use unmatched::UnmatchedRow;
pub use unmatched::{Unmatched, UnmatchedCount, unmatched};
