//! The table of confirmations: the consent of e-mail addresses to the events of projects.

mod ask;
mod decide;
mod mailing;
mod read;
mod row;

pub use ask::{Asked, Most, ask};
pub use decide::{Decision, decide};
pub use mailing::{Claim, Mailed, claim, forget, settle};
pub use read::{by_token, next_due, of_addresses};
pub(in crate::store) use row::ConfirmationRow;
