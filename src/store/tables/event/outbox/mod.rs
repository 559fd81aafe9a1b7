//! Events waiting for delivery: written with what they are about, read by a driver's dispatcher, deleted when delivered.

mod drop;
mod queue;

pub(in crate::store) use drop::next_target;
pub use drop::{Dropped, drop_before, drop_oldest, give_up};
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) use queue::exists;
pub use queue::{add, claim, oldest, settle};
pub(in crate::store) use queue::{count_step, insert};
