//! How far each reader has read, and how far there is anything to read.

use diesel::prelude::*;

use super::{Reader, Seen, late};
use crate::store::backend::Conn;
use crate::store::error::Error;
use crate::store::schema::{messages, read_watermarks};
use crate::store::write::Tx;

/// A reader's watermark.
#[derive(Insertable)]
#[diesel(table_name = read_watermarks)]
pub(in crate::store) struct Watermark<'a> {
    pub(in crate::store) project_id: &'a str,
    pub(in crate::store) user_id: &'a str,
    pub(in crate::store) read_until: i64,
    pub(in crate::store) late_turn: i64,
}

/// What a page drawn at `now` (microseconds since 1970) can have shown of a project: never what is yet to come, even where the
/// clock runs ahead.
pub fn existing(conn: &mut Conn, project: &str, now: i64) -> Result<Seen, Error> {
    let newest = newest(conn, project)?;
    Ok(newest.within(Seen::until(now)))
}

/// The newest message of a project and the last late arrival.
pub(super) fn newest(conn: &mut Conn, project: &str) -> Result<Seen, Error> {
    // The turn first: what arrives after this statement has a later one.
    let turn = late::turn(conn)?;
    let newest: Option<i64> = messages::table
        .select(messages::created_at)
        .filter(messages::project_id.eq(project))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(1)
        .first(conn)
        .optional()?;
    Ok(Seen {
        until: newest.unwrap_or(Seen::NOTHING.until),
        turn,
    })
}

/// What the reader's watermark covers; none where there is no watermark yet.
pub(super) fn watermark(conn: &mut Conn, reader: &Reader) -> Result<Option<Seen>, Error> {
    let row = read_watermarks::table
        .select((read_watermarks::read_until, read_watermarks::late_turn))
        .filter(read_watermarks::project_id.eq(&reader.project))
        .filter(read_watermarks::user_id.eq(&reader.user));
    let found: Option<(i64, i64)> = row.first(conn).optional()?;
    Ok(found.map(|(until, turn)| Seen { until, turn }))
}

/// What the reader's watermark covers: nothing, where there is none.
pub(super) fn covered(conn: &mut Conn, reader: &Reader) -> Result<Seen, Error> {
    Ok(watermark(conn, reader)?.unwrap_or(Seen::NOTHING))
}

/// Inserts the reader's watermark where there is none, locks it until the commit, and returns what it covers.
pub(super) fn lock(tx: &mut Tx<'_>, reader: &Reader) -> Result<Seen, Error> {
    // The update first: an insert that is ignored leaves MariaDB with a shared lock, and two of those with a deadlock.
    if hold(tx.conn(), reader)? == 0 {
        let Seen { until, turn } = Seen::NOTHING;
        tx.conn().insert_watermark(&Watermark {
            project_id: &reader.project,
            user_id: &reader.user,
            read_until: until,
            late_turn: turn,
        })?;
        hold(tx.conn(), reader)?;
    }
    covered(tx.conn(), reader)
}

/// Locks the reader's watermark; returns how many there are. An update that changes nothing takes the lock, too, and every
/// database counts the rows that it found.
fn hold(conn: &mut Conn, reader: &Reader) -> Result<usize, Error> {
    let row = read_watermarks::table.find((&reader.project, &reader.user));
    let same = diesel::update(row).set(read_watermarks::late_turn.eq(read_watermarks::late_turn));
    Ok(same.execute(conn)?)
}

/// Moves a watermark that is there.
pub(super) fn set(tx: &mut Tx<'_>, reader: &Reader, seen: Seen) -> Result<(), Error> {
    let row = read_watermarks::table.find((&reader.project, &reader.user));
    diesel::update(row)
        .set((
            read_watermarks::read_until.eq(seen.until),
            read_watermarks::late_turn.eq(seen.turn),
        ))
        .execute(tx.conn())?;
    Ok(())
}
