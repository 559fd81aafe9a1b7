//! The table of listeners.

mod read;
mod row;
mod write;

pub use read::{
    ListenerFilter, Watched, all_targets_due, by_ids, count, current, failing, list, show, watched,
};
pub(in crate::store) use row::ListenerRow;
pub use write::{
    Failing, begin_digest, delete, disable, end_digest, has_room, insert, note_failing, note_recovered,
    subscribe, update,
};
