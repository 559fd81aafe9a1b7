//! The recovery from reported failures: the worker decides what needs no work, engines do the rest under leases.
//!
//! A notification is the worker's or the engines' [`Turn`](crate::failure::Turn). The worker's is due at a time: when it is new it
//! is judged, when its lease has ended it is taken from its engine, and after a failed attempt it is made ready again. The engines'
//! is due since the failure, so the oldest is claimed first, and one that waits for too long is recognized by the same index.
//! What a call changes is committed with its update, its events and its messages: nearly everything here is a function of a
//! transaction. `isolate.rs` alone runs several, so that a row at fault holds up no other.

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
