//! Events to deliver: written in the transaction of their subject. A driver's are read by its dispatcher and deleted after
//! delivery; a listener's are claimed one by one, and stay until they are purged.

mod again;
mod ahead;
#[cfg(feature = "postgres")]
mod arrays;
mod attempts;
mod claim;
mod dead;
mod drop;
mod due;
mod lapse;
mod last_release;
mod longest;
mod order;
mod page;
mod picked;
mod purge;
mod queue;
mod record;
mod release;
mod row;
mod settle;

pub use again::{Again, Redelivery, add_for, deliver_again, redeliver};
pub use ahead::{Horizon, bring_forward, too_far_ahead};
pub(in crate::store) use attempts::AttemptRow;
pub use attempts::{AttemptRecord, attempts};
pub use claim::{Claim, claim};
pub use dead::{DeadLetter, dead_letters, last_failure};
pub(in crate::store) use drop::next_target;
pub use drop::{Dropped, drop_before, drop_oldest, give_up};
pub use due::{DueDelivery, Terms, claim_due, claim_each, claim_within};
pub use lapse::{Leased, is_due, lapsed, leased};
pub use last_release::{move_all_before, move_outbox, outbox_waits};
pub use page::{DeliveryDetail, DeliveryPage, detail, page};
pub use purge::{KeptSince, Swept, SweptTo, look_at_listeners, sweep_listeners};
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub(in crate::store) use queue::exists;
pub use queue::{add, oldest, report, settle};
pub(in crate::store) use queue::{count_step, insert};
pub use record::{
    DELETED_AT_ONCE, DeliveryRecord, count_dead_of, count_waiting_for, delete_some, dismiss, record, room,
};
pub use release::{Release, release};
pub use row::State;
pub(in crate::store) use row::{DeliveryRow, target};
pub use settle::{Attempt, Then, settle_attempts, settle_each};
