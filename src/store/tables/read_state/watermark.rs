//! How far each user has read, and how far there is anything to read.

use diesel::prelude::*;

use super::late;
use super::seen::Seen;
use super::user::ProjectUser;
use crate::store::connection::Conn;
use crate::store::dialect::insert::insert_new;
use crate::store::error::Error;
use crate::store::schema::{messages, read_watermarks};
use crate::store::transaction::Tx;

/// A user's watermark in a project.
#[derive(Clone, PartialEq, Hash, Queryable, Insertable)]
#[diesel(table_name = read_watermarks)]
pub(in crate::store) struct Watermark {
    pub(in crate::store) project_id: String,
    pub(in crate::store) user_id: String,
    pub(in crate::store) read_until: i64,
    pub(in crate::store) late_turn: i64,
}

/// What a page rendered at `now` (microseconds since 1970) can have shown of a project: nothing from the future, even if the
/// clock is ahead.
pub fn existing(conn: &mut Conn, project: &str, now: i64) -> Result<Seen, Error> {
    let newest = newest(conn, project)?;
    Ok(newest.within(Seen::until(now)))
}

/// The newest message of a project and the last late arrival.
pub(super) fn newest(conn: &mut Conn, project: &str) -> Result<Seen, Error> {
    // The turn first: messages that arrive after this statement have a later one.
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

/// What the user's watermark covers; none if there is no watermark yet.
pub(super) fn watermark(conn: &mut Conn, user: &ProjectUser) -> Result<Option<Seen>, Error> {
    let row = read_watermarks::table
        .select((read_watermarks::read_until, read_watermarks::late_turn))
        .filter(read_watermarks::project_id.eq(&user.project))
        .filter(read_watermarks::user_id.eq(&user.user));
    let found: Option<(i64, i64)> = row.first(conn).optional()?;
    Ok(found.map(|(until, turn)| Seen { until, turn }))
}

/// What the user's watermark covers; nothing if there is none.
pub(super) fn covered(conn: &mut Conn, user: &ProjectUser) -> Result<Seen, Error> {
    Ok(watermark(conn, user)?.unwrap_or(Seen::NOTHING))
}

/// Inserts the user's watermark if there is none, locks it until the commit, and returns what it covers.
pub(super) fn lock(tx: &mut Tx<'_>, user: &ProjectUser) -> Result<Seen, Error> {
    // The update first: an ignored insert leaves a shared lock on MariaDB, and two of those a deadlock.
    if hold(tx.conn(), user)? == 0 {
        let Seen { until, turn } = Seen::NOTHING;
        let nothing = Watermark {
            project_id: user.project.clone(),
            user_id: user.user.clone(),
            read_until: until,
            late_turn: turn,
        };
        insert_watermark(tx.conn(), &nothing)?;
        hold(tx.conn(), user)?;
    }
    covered(tx.conn(), user)
}

/// Inserts a watermark, unless the user has one.
pub(in crate::store) fn insert_watermark(conn: &mut Conn, watermark: &Watermark) -> Result<(), Error> {
    insert_new!(conn, read_watermarks::table, std::slice::from_ref(watermark));
    Ok(())
}

/// Locks the user's watermark and returns how many there are. An update that changes nothing takes the lock as well,
/// and every database counts the matching rows.
fn hold(conn: &mut Conn, user: &ProjectUser) -> Result<usize, Error> {
    let row = read_watermarks::table.find((&user.project, &user.user));
    let same = diesel::update(row).set(read_watermarks::late_turn.eq(read_watermarks::late_turn));
    Ok(same.execute(conn)?)
}

/// Moves an existing watermark.
pub(super) fn set(tx: &mut Tx<'_>, user: &ProjectUser, seen: Seen) -> Result<(), Error> {
    let row = read_watermarks::table.find((&user.project, &user.user));
    diesel::update(row)
        .set((
            read_watermarks::read_until.eq(seen.until),
            read_watermarks::late_turn.eq(seen.turn),
        ))
        .execute(tx.conn())?;
    Ok(())
}
