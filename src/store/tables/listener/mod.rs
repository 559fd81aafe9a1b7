//! The table of listeners.

mod read;
mod row;
mod write;

pub use read::{ListenerFilter, all_targets_due, count, list, show};
pub(in crate::store) use row::ListenerRow;
pub use write::{delete, disable, insert, note_failing, note_recovered, update};
