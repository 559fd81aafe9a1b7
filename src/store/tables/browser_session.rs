//! Sessions of signed-in browsers, shared by all servers.
//!
//! The table holds the SHA-256 of the cookie and an encrypted token, so a reader of the table cannot impersonate a user.

use diesel::prelude::*;

use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::schema::browser_sessions;
use crate::store::transaction::Tx;

/// A session. Times are microseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable)]
#[diesel(table_name = browser_sessions)]
pub struct BrowserSession {
    /// SHA-256 of the cookie.
    pub id: Vec<u8>,
    /// The token, encrypted.
    pub token: Vec<u8>,
    /// When it ends unless it is used before then.
    pub expires_at: i64,
    /// When it ends in any case.
    pub ends_at: i64,
}

/// Stores a new session in place of the browser's previous one, if any.
pub fn put(tx: &mut Tx<'_>, row: &BrowserSession, before: Option<&[u8]>) -> Result<(), Error> {
    if let Some(before) = before {
        delete(tx, before)?;
    }
    diesel::insert_into(browser_sessions::table)
        .values(row)
        .execute(tx.conn())?;
    Ok(())
}

/// Returns the session of this id, unless it has expired at `now`.
pub fn find(conn: &mut Conn, id: &[u8], now: i64) -> Result<Option<BrowserSession>, Error> {
    let row = browser_sessions::table
        .filter(browser_sessions::id.eq(id))
        .filter(browser_sessions::expires_at.gt(now));
    Ok(row.first(conn).optional()?)
}

/// Extends a session that was used until `expires_at`, unless that is beyond its end or it no longer exists.
pub fn extend(tx: &mut Tx<'_>, id: &[u8], expires_at: i64) -> Result<(), Error> {
    let row = browser_sessions::table
        .filter(browser_sessions::id.eq(id))
        .filter(browser_sessions::ends_at.ge(expires_at));
    diesel::update(row)
        .set(browser_sessions::expires_at.eq(expires_at))
        .execute(tx.conn())?;
    Ok(())
}

/// Ends a session, if it exists.
pub fn delete(tx: &mut Tx<'_>, id: &[u8]) -> Result<(), Error> {
    diesel::delete(browser_sessions::table.filter(browser_sessions::id.eq(id))).execute(tx.conn())?;
    Ok(())
}
