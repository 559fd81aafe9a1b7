//! Failure notifications: monitors' reports that a host, a virtual machine or a process failed, and what became of them.
//!
//! A report is checked when it arrives ([`Report`]), and becomes a [`FailureNotification`], whose [`Status`] changes only by
//! [`Status::after`]. [`judge()`] decides what needs no work. No databases or connections here.

mod check;
mod host;
mod judge;
mod kind;
mod notification;
mod payload;
mod progress;
mod report;
mod segment;
mod status;
mod term;
mod time;
mod versioned;
mod vmove;

pub use check::{Fault, flag};
pub use host::{Host, HostFields};
pub use judge::{Outcome, Verdict, judge};
pub use kind::NotificationType;
pub use notification::{FailureNotification, ListedNotification, Turn, Update};
pub use payload::{check as check_payload, fingerprint};
pub use progress::{Progress, StepState};
pub use report::Report;
pub use segment::{RecoveryMethod, Segment, SegmentFields};
pub use status::{Action, Status};
pub use term::Term;
pub use time::{AFTER_FIRST, parse as parse_time};
pub use vmove::{VMove, VMoveStatus};
