//! How many messages are unread, at a cost that does not grow with their number.

use std::collections::HashSet;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::{Reader, watermark};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::read::Read;
use crate::store::schema::{messages, read_marks};

/// For each unread message that is counted at most, so many messages are looked at, the newest first: what lies beyond
/// is not worth a longer look.
const LOOKS: u32 = 4;

/// How many messages a reader has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// So many, up to what was asked for.
    pub count: u64,
    /// Whether there may be more.
    pub is_more: bool,
    /// Up to when everything is read, in microseconds since 1970.
    pub until: Option<i64>,
}

/// Counts the messages of the reader's project that the reader has not read, up to `most`.
pub fn unread(read: &mut Read<'_>, reader: &Reader, most: u32) -> Result<Unread, Error> {
    // Marks and messages.
    read.note(2 * u64::from(most.saturating_mul(LOOKS)));
    let conn: &mut Conn = read;
    let looks = i64::from(most.saturating_mul(LOOKS));
    let until = watermark(conn, reader)?;
    let after = until.unwrap_or(i64::MIN);
    let marks = read_marks::table
        .select(read_marks::message_id)
        .filter(read_marks::project_id.eq(&reader.project))
        .filter(read_marks::user_id.eq(&reader.user))
        .filter(read_marks::created_at.gt(after))
        .order((read_marks::created_at.desc(), read_marks::message_id.desc()))
        .limit(looks);
    let read: HashSet<Vec<u8>> = marks.load(conn)?.into_iter().collect();
    let select = messages::table
        .select(messages::id)
        .filter(messages::project_id.eq(&reader.project))
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
