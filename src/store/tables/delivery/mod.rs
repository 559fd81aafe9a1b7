//! Events to deliver: written in the transaction of their subject, read by a target's dispatcher, deleted after delivery.

mod claim;
mod drop;
mod last_release;
mod queue;

pub use claim::{Claim, claim};
pub(in crate::store) use drop::next_target;
pub use drop::{Dropped, drop_before, drop_oldest, give_up};
pub use last_release::{move_all_before, move_outbox, outbox_waits};
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) use queue::exists;
pub(in crate::store) use queue::{DeliveryRow, count_step, insert};
pub use queue::{add, oldest, settle};
