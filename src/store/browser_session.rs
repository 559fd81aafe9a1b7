//! Browsers that are signed in: a row for each, which every server finds.
//!
//! What the browser shows is not kept, only its SHA-256, and the token comes here encrypted: who reads the database can
//! be nobody by it.

use diesel::prelude::*;

use super::backend::Conn;
use super::error::Error;
use super::schema::browser_sessions;
use super::write::Tx;

/// The row of one browser. Times are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = browser_sessions)]
pub struct Row {
    /// SHA-256 of what the browser shows.
    pub id: Vec<u8>,
    /// The token, encrypted.
    pub token: Vec<u8>,
    /// When it ends unless it is used before.
    pub expires_at: i64,
    /// When it ends at the latest.
    pub ends_at: i64,
}

/// Keeps a new one, in the place of the one that the same browser had before, if any.
pub fn put(tx: &mut Tx<'_>, row: &Row, before: Option<&[u8]>) -> Result<(), Error> {
    if let Some(before) = before {
        delete(tx, before)?;
    }
    diesel::insert_into(browser_sessions::table)
        .values(row)
        .execute(tx.conn())?;
    Ok(())
}

/// The row of this id, unless it has expired at `now`.
pub fn find(conn: &mut Conn, id: &[u8], now: i64) -> Result<Option<Row>, Error> {
    let row = browser_sessions::table
        .filter(browser_sessions::id.eq(id))
        .filter(browser_sessions::expires_at.gt(now));
    Ok(row.first(conn).optional()?)
}

/// Notes that it was used: it lasts until `expires_at`, never beyond its end. One that is gone stays gone.
pub fn extend(tx: &mut Tx<'_>, id: &[u8], expires_at: i64) -> Result<(), Error> {
    let row = browser_sessions::table
        .filter(browser_sessions::id.eq(id))
        .filter(browser_sessions::ends_at.ge(expires_at));
    diesel::update(row)
        .set(browser_sessions::expires_at.eq(expires_at))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends it, if it is there.
pub fn delete(tx: &mut Tx<'_>, id: &[u8]) -> Result<(), Error> {
    diesel::delete(browser_sessions::table.filter(browser_sessions::id.eq(id))).execute(tx.conn())?;
    Ok(())
}

/// Rows that one statement deletes: SQLite takes 32766 variables in one.
const MOST_VARIABLES: usize = 10_000;

/// Deletes up to `limit` rows that expired before `before` (microseconds) and gives their number.
pub fn delete_expired(tx: &mut Tx<'_>, before: i64, limit: i64) -> Result<usize, Error> {
    let expired: Vec<Vec<u8>> = browser_sessions::table
        .select(browser_sessions::id)
        .filter(browser_sessions::expires_at.lt(before))
        .order(browser_sessions::expires_at)
        .limit(limit)
        .load(tx.conn())?;
    let mut deleted = 0;
    for ids in expired.chunks(MOST_VARIABLES) {
        // One that was used since stays.
        let part = browser_sessions::table
            .filter(browser_sessions::id.eq_any(ids.to_vec()))
            .filter(browser_sessions::expires_at.lt(before));
        deleted += diesel::delete(part).execute(tx.conn())?;
    }
    Ok(deleted)
}
