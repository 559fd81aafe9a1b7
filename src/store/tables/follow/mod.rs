//! Recording rows of other services' message tables: each once, however many processes read it and however often.
//!
//! The position, the notes of recorded rows and the lease are written in the transaction of the messages. A note outlives its
//! row and its message, so that a message which was deleted or purged here does not come back.

mod batch;
mod note;
mod pair;
mod position;
mod record;
mod renew;
mod replace;

pub use batch::{FollowBatch, FollowLease, FollowOutcome, Held, may_pair};
pub(in crate::store) use note::RowNote;
pub use note::{RowNotes, notes};
pub(in crate::store) use pair::{PairingRow, PairingSide, meet, order};
pub(in crate::store) use position::PositionRow;
pub use position::{FollowPosition, position};
pub use record::record;
pub use renew::renew;
