//! What each user has read in each project: a watermark, up to which everything is read that had arrived when it was set, and
//! a mark for each other message that was read.
//!
//! A mark has its message's creation time, so that the marks after the watermark are one index range, and its message's
//! expiry, so that both are purged together. Messages that arrive later than their time suggests are noted with a turn (see
//! `late`).

mod count;
mod late;
mod mark;
mod purge;
mod seen;
mod unread;
mod user;
mod watermark;

pub use count::{Unread, looks, unread};
pub(in crate::store) use late::{LateMessage, insert as insert_late, insert_first_turn, note_late, turn};
pub(in crate::store) use mark::{Mark, insert_marks};
pub use mark::{mark, mark_until};
pub(in crate::store) use purge::forget;
pub use purge::{delete_passed, passed_before};
pub use seen::Seen;
pub use unread::{drop_later, late_unread, positions, read_until, unread_among};
pub use user::ProjectUser;
pub use watermark::existing;
pub(in crate::store) use watermark::{Watermark, insert_watermark};
