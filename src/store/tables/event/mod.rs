//! The tables of events: those waiting for delivery, and those kept for audits.

mod history;
pub mod outbox;
mod page;
mod row;

pub use history::{EventFilter, list};
pub use page::{EventPage, PAGE_BYTES};
pub(in crate::store) use row::{EventRow, OutboxRow, columns};
