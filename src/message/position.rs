//! A message's position in the order of time.

use uuid::Uuid;

use super::row::Message;

/// A position in the order of time. Messages of the same microsecond are ordered by id, as in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Microseconds since 1970, UTC.
    pub created_at: i64,
    /// The message's id; nil for a position without a message.
    pub id: Uuid,
}

impl Position {
    /// Returns the position before everything recorded at this time (microseconds since 1970, UTC) or later.
    pub fn at(created_at: i64) -> Self {
        Self {
            created_at,
            id: Uuid::nil(),
        }
    }

    /// Returns a message's position.
    pub fn of(message: &Message) -> Self {
        Self {
            created_at: message.created_at,
            id: message.id,
        }
    }
}
