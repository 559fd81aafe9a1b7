//! Where a message stands among the others.

use uuid::Uuid;

use super::row::Message;

/// A place in the order of time. Messages of one microsecond follow each other by id, as in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// The message's id; for a place where no message needs to be, the nil one.
    pub id: Uuid,
}

impl Position {
    /// Before all that was made at this time (microseconds since 1970, UTC) or later.
    pub fn at(created_at: i64) -> Self {
        Self {
            created_at,
            id: Uuid::nil(),
        }
    }

    /// That of a message.
    pub fn of(message: &Message) -> Self {
        Self {
            created_at: message.created_at,
            id: message.id,
        }
    }
}
