//! What each user has read in each project: a watermark, up to which everything is read that had arrived when it was set, and
//! a mark for each other message that was read, marked as unread again, or taken out of the inbox.
//!
//! A mark has its message's creation time, so that the marks after the watermark are one index range, and its message's
//! expiry, so that both are purged together. Messages that arrive later than their time suggests are noted with a turn (see
//! `late`).

mod change;
mod count;
mod late;
mod mark;
mod mark_until;
mod purge;
mod seen;
mod undo;
mod unread;
mod user;
mod watermark;

pub use change::{change, undo};
pub use count::{Unread, looks, unread};
pub(in crate::store) use late::{LateMessage, insert as insert_late, insert_first_turn, note_late, turn};
pub(in crate::store) use mark::{Mark, insert_marks};
pub use mark_until::{LATEST_COMMIT, MarkedUntil, mark_until};
pub use purge::{delete_passed, passed_before};
pub(in crate::store) use purge::{forget, keep_with};
pub use seen::Seen;
pub use undo::Undo;
pub use unread::{drop_later, has_done, positions, read_until, states_among, unread_among, unread_below};
pub use user::ProjectUser;
pub use watermark::existing;
pub(in crate::store) use watermark::{Watermark, insert_watermark};
