//! The tables of events: those kept for audits, and those that only wait for delivery.

mod find;
mod history;
mod kept;
mod page;
mod pending;
mod row;

pub(in crate::store) use find::{by_ids, types};
pub use history::{EventFilter, list};
pub use kept::sweep_kept;
pub(in crate::store) use page::PAGE_ROWS;
pub use page::{EventPage, PAGE_BYTES};
pub(in crate::store) use pending::delete_settled;
pub use pending::sweep_pending;
pub(in crate::store) use row::{EventRow, OutboxRow, PendingRow, columns};
