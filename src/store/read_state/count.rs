//! How many messages are unread, at a cost that does not grow with their number.

use std::collections::HashSet;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::{Reader, watermark};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::{messages, read_marks};

/// Unread messages are counted up to this number; beyond it there are "more".
pub const MOST_COUNTED: u64 = 1000;

/// Messages that are looked at, the newest first: what lies beyond is not worth a longer look.
const MOST_LOOKED_AT: i64 = 4000;

/// How many messages a reader has not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    /// So many, [`MOST_COUNTED`] at most.
    pub count: u64,
    /// Whether there may be more.
    pub is_more: bool,
    /// Up to when everything is read, in microseconds since 1970.
    pub until: Option<i64>,
}

/// Counts the messages of the reader's project that the reader has not read.
pub fn unread(conn: &mut Conn, reader: &Reader) -> Result<Unread, Error> {
    let until = watermark(conn, reader)?;
    let after = until.unwrap_or(i64::MIN);
    let marks = read_marks::table
        .select(read_marks::message_id)
        .filter(read_marks::project_id.eq(&reader.project))
        .filter(read_marks::user_id.eq(&reader.user))
        .filter(read_marks::created_at.gt(after))
        .order((read_marks::created_at.desc(), read_marks::message_id.desc()))
        .limit(MOST_LOOKED_AT);
    let read: HashSet<Vec<u8>> = marks.load(conn)?.into_iter().collect();
    let select = messages::table
        .select(messages::id)
        .filter(messages::project_id.eq(&reader.project))
        .filter(messages::created_at.gt(after))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(MOST_LOOKED_AT);
    let (mut count, mut looked_at) = (0, 0);
    for id in select.load_iter::<Vec<u8>, DefaultLoadingMode>(conn)? {
        looked_at += 1;
        if !read.contains(&id?) {
            if count == MOST_COUNTED {
                return Ok(Unread {
                    count,
                    is_more: true,
                    until,
                });
            }
            count += 1;
        }
    }
    let is_more = looked_at == MOST_LOOKED_AT;
    Ok(Unread {
        count,
        is_more,
        until,
    })
}
