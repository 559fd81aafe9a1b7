//! The table of listeners.

mod read;
mod row;
mod write;

pub use read::{ListenerFilter, all_targets_due, by_ids, count, list, show};
pub use write::{begin_digest, delete, disable, insert, note_failing, note_recovered, update};
