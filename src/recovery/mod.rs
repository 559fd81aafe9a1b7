//! Recovers from reported failures: the worker ends notifications that need no work, engines process the others under leases.
//!
//! It is either the worker's or the engines' [`Turn`](crate::failure::Turn) to act on a notification. The worker acts at the time
//! when it is due: judges a new one, takes one from its engine when the lease has ended, and makes one ready again after a failed
//! attempt. For engines it is due since the failure, so that the oldest is claimed first; the same index finds those that have
//! waited too long. Nearly everything here is a function of a transaction, which commits a change with its
//! update, events and messages; `isolate.rs` alone runs several, so that a row at fault holds up no other.

mod attend;
mod change;
mod claim;
mod events;
mod finish;
mod held;
mod isolate;
mod operator;
mod progress;
mod tell;
mod tenants;
mod terms;
mod worker;

pub use attend::attend;
pub use claim::{Claimed, claim};
pub use events::{Change, created, host_changed, segment_changed};
pub use finish::{Finish, finish};
pub use isolate::{attend_all, claim_from};
pub use operator::{cancel, retry};
pub use progress::{Line, Move, ProgressReport, fence, progress};
pub use tenants::{Affected, Outcome};
pub use terms::Terms;
pub use worker::RecoveryWorker;
