//! What the store needs of a database server.
//!
//! It is checked at start, so that the operator learns which setting to change before requests fail.

#[cfg(feature = "mysql")]
pub(super) mod mysql;
#[cfg(feature = "postgres")]
pub(super) mod pooling;
#[cfg(feature = "postgres")]
pub(super) mod postgres;

use std::fmt::Write;

use diesel::connection::SimpleConnection;

use crate::store::backend::Conn;
use crate::store::error::Error;

/// The tables that a server works with, each with one of its columns.
const TABLES: [(&str, &str); 12] = [
    ("messages", "id"),
    ("idempotency_keys", "scope"),
    ("leases", "name"),
    ("outbox", "id"),
    ("events", "id"),
    ("browser_sessions", "id"),
    ("read_marks", "message_id"),
    ("read_watermarks", "project_id"),
    ("late_messages", "message_id"),
    ("late_turns", "id"),
    ("ingest_keys", "digest"),
    ("resource_owners", "resource"),
];

/// Checks that the user may read and write every table, with statements that change nothing. A server that only reads says
/// nothing about rights, and reads are answered all the same.
///
/// # Errors
/// [`Error::Conflict`] naming the right that is missing.
pub(super) fn check_rights(conn: &mut Conn) -> Result<(), Error> {
    let mut statements = String::from("BEGIN; ");
    for (table, column) in TABLES {
        let _ = write!(
            statements,
            "INSERT INTO {table} SELECT * FROM {table} WHERE 1 = 0; \
             UPDATE {table} SET {column} = {column} WHERE 1 = 0; DELETE FROM {table} WHERE 1 = 0; "
        );
    }
    let tried = conn.batch_execute(&statements).map_err(Error::from);
    let ended = conn.batch_execute("ROLLBACK");
    match tried {
        Ok(()) => Ok(ended?),
        // Neither does a locked table.
        Err(Error::Busy(_) | Error::Unavailable(_)) => Ok(()),
        Err(Error::Broken(text)) => Err(Error::Conflict(format!(
            "the user lacks a right that docs/databases.md names ({text})"
        ))),
        Err(error) => Err(error),
    }
}
