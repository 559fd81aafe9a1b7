//! Counting unread messages, at a cost that does not grow with their number.

use std::collections::HashSet;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::seen::Seen;
use super::unread::unread_below;
use super::user::ProjectUser;
use super::watermark;
use crate::message::State;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::{messages, read_marks};

/// Messages read, the newest first, for each unread message that may be counted.
const LOOKS: u32 = 4;

/// The number of a user's unread messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unread {
    /// The number, up to a limit.
    pub count: u64,
    /// Whether there may be more.
    pub is_more: bool,
    /// The time of the watermark, in microseconds since 1970.
    pub until: Option<i64>,
}

impl Unread {
    /// Adds this many, up to `most` in all.
    #[must_use]
    pub fn plus(self, more: usize, most: u32, is_more: bool) -> Self {
        let (count, most) = (
            self.count + u64::try_from(more).unwrap_or(u64::MAX),
            u64::from(most),
        );
        Self {
            count: count.min(most),
            is_more: self.is_more || is_more || count > most,
            ..self
        }
    }
}

/// The number of messages that are read to count up to `most` unread ones.
pub fn looks(most: u32) -> i64 {
    i64::from(most.saturating_mul(LOOKS))
}

/// Counts the project's messages that the user has not read, up to `most`.
pub fn unread(read: &mut Read<'_>, user: &ProjectUser, most: u32) -> Result<Unread, Error> {
    // Marks and messages.
    read.note(2 * looks(most).unsigned_abs());
    let conn: &mut Conn = read;
    let covered = watermark::watermark(conn, user)?;
    let unread = after(conn, user, covered, most)?;
    if unread.is_more || covered.is_none() {
        return Ok(unread);
    }
    let (below, is_more) = unread_below(conn, user, Seen::ALL, looks(most))?;
    Ok(unread.plus(below.len(), most, is_more))
}

/// Counts the unread messages that are newer than the watermark.
fn after(conn: &mut Conn, user: &ProjectUser, covered: Option<Seen>, most: u32) -> Result<Unread, Error> {
    let looks = looks(most);
    let until = covered.map(|seen| seen.until).filter(|until| *until > i64::MIN);
    let after = until.unwrap_or(i64::MIN);
    let marks = read_marks::table
        .select(read_marks::message_id)
        .filter(read_marks::project_id.eq(&user.project))
        .filter(read_marks::user_id.eq(&user.user))
        .filter(read_marks::created_at.gt(after))
        .filter(read_marks::state.gt(State::Unread.number()))
        .order((read_marks::created_at.desc(), read_marks::message_id.desc()))
        .limit(looks);
    let read: HashSet<Vec<u8>> = marks.load(conn)?.into_iter().collect();
    let select = messages::table
        .select(messages::id)
        .filter(messages::project_id.eq(&user.project))
        .filter(messages::created_at.gt(after))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(looks);
    let (mut count, mut looked_at) = (0, 0);
    for id in select.load_iter::<Vec<u8>, DefaultLoadingMode>(conn)? {
        looked_at += 1;
        if !read.contains(&id?) {
            if count == u64::from(most) {
                return Ok(Unread {
                    count,
                    is_more: true,
                    until,
                });
            }
            count += 1;
        }
    }
    let is_more = looked_at == looks;
    Ok(Unread {
        count,
        is_more,
        until,
    })
}
