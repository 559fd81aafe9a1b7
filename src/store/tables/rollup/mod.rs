//! Roll-ups: how many messages were recorded, by hour and day, project, service, code and level.
//!
//! A worker counts messages in the order of their times, up to a position, with which the counts are committed. A transaction
//! that records a message behind it, or deletes one that it has not reached, counts that message. All of these lock the
//! position until the commit, so each message is counted exactly once; its deletion changes nothing. Sums over all projects,
//! and of each project over all codes, are kept beside the rest, so that a summary reads few rows.

mod add;
mod advance;
mod answer;
mod position;
mod settle;
mod summary;

pub(in crate::store) use add::CountRow;
pub use advance::{BATCH, Progress, advance, counted_until, progress};
pub use answer::answer;
pub(in crate::store) use position::UntilRow;
pub(in crate::store) use position::position;
pub(in crate::store) use settle::settle;
pub use summary::{bars, ranked};
