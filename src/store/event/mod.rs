//! The tables of events: those on their way, and those kept for audits.

mod drop;
mod history;
pub mod outbox;
mod page;
mod row;

pub use history::{Filter, delete_before, list};
pub use page::{Page, ROOM};
pub(super) use row::{KeptRow, NewKept, NewSent, SentRow};
