//! Messages that arrived later than their time says, or have changed, in the order of their arrival: for clients that poll.

use diesel::prelude::*;
use uuid::Uuid;

use super::news::rows;
use crate::message::Message;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::late_messages;
use crate::store::tables::{ids, read_state};

/// The most arrivals of a read.
const PAGE: usize = 500;

/// A place in the order of arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ArrivalPlace {
    pub(crate) turn: i64,
    pub(crate) created_at: i64,
    pub(crate) id: Uuid,
}

/// Late arrivals.
#[derive(Debug)]
pub struct Arrivals {
    /// Their messages as they are now.
    pub messages: Vec<Message>,
    /// The last one.
    pub last: ArrivalPlace,
    /// Whether more may follow.
    pub is_full: bool,
}

impl ArrivalPlace {
    /// Returns the end of what has arrived.
    pub fn last(conn: &mut Conn) -> Result<Self, Error> {
        Ok(Self {
            turn: read_state::turn(conn)?,
            created_at: i64::MAX,
            id: Uuid::max(),
        })
    }
}

/// Returns the project's messages that arrived after this one and were created at `since` (microseconds since 1970) or later.
pub fn arrivals(
    read: &mut Read<'_>,
    project: &str,
    after: ArrivalPlace,
    since: i64,
) -> Result<Arrivals, Error> {
    // First: turns are committed in their order, so no arrival of this turn or an earlier one comes later.
    let end = ArrivalPlace::last(read)?;
    if end == after {
        return Ok(Arrivals {
            messages: Vec::new(),
            last: after,
            is_full: false,
        });
    }
    let id = after.id.as_bytes().to_vec();
    let is_later = late_messages::created_at
        .gt(after.created_at)
        .or(late_messages::created_at
            .eq(after.created_at)
            .and(late_messages::message_id.gt(id)));
    let select = late_messages::table
        .select((
            late_messages::turn,
            late_messages::created_at,
            late_messages::message_id,
        ))
        .filter(late_messages::project_id.eq(project))
        .filter(late_messages::turn.ge(after.turn))
        .filter(late_messages::turn.le(end.turn))
        .filter(late_messages::turn.gt(after.turn).or(is_later))
        .filter(late_messages::created_at.ge(since))
        .order((
            late_messages::turn.asc(),
            late_messages::created_at.asc(),
            late_messages::message_id.asc(),
        ))
        .limit(i64::try_from(PAGE).unwrap_or(i64::MAX));
    let mut positions = Vec::new();
    let mut last = end;
    for (turn, created_at, id) in select.load::<(i64, i64, Vec<u8>)>(&mut **read)? {
        let position = ids::position((created_at, id))?;
        last = ArrivalPlace {
            turn,
            created_at,
            id: position.id,
        };
        positions.push(position);
    }
    read.spend(u64::try_from(positions.len()).unwrap_or(u64::MAX), 1)?;
    let is_full = positions.len() == PAGE;
    Ok(Arrivals {
        messages: rows(read, &positions)?,
        last: if is_full { last } else { end },
        is_full,
    })
}
