//! Whether the user of a server may read and write every table.

use std::fmt::Write;

use diesel::connection::SimpleConnection;

use crate::store::connection::Conn;
use crate::store::error::Error;

/// The tables, each with one of its columns.
const TABLES: [(&str, &str); 31] = [
    ("messages", "id"),
    ("idempotency_keys", "scope"),
    ("leases", "name"),
    ("outbox", "id"),
    ("events", "id"),
    ("pending_events", "id"),
    ("deliveries", "event_id"),
    ("attempts", "id"),
    ("listeners", "id"),
    ("subscriptions", "listener_id"),
    ("subscription_version", "version"),
    ("confirmations", "address"),
    ("browser_sessions", "id"),
    ("read_marks", "message_id"),
    ("read_watermarks", "project_id"),
    ("late_messages", "message_id"),
    ("late_turns", "id"),
    ("ingest_keys", "digest"),
    ("resource_owners", "resource"),
    ("follow_positions", "walked"),
    ("followed_rows", "id"),
    ("pairings", "digest"),
    ("recorded_counts", "errors"),
    ("recorded_until", "turn"),
    ("unmatched_notifications", "count"),
    ("failover_segments", "uuid"),
    ("failover_hosts", "uuid"),
    ("failure_notifications", "uuid"),
    ("failure_updates", "id"),
    ("failure_steps", "id"),
    ("failure_vmoves", "uuid"),
];

/// Tries statements that change nothing. [`Error::Conflict`] names the right that is missing. A read-only server does not
/// reveal the rights, and still answers reads.
pub(super) fn check(conn: &mut Conn) -> Result<(), Error> {
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
        // Nor does a locked table.
        Err(Error::Busy(_) | Error::Unavailable(_)) => Ok(()),
        Err(Error::Broken(text)) => Err(Error::Conflict(format!(
            "the user lacks a right that docs/databases.md names ({text})"
        ))),
        Err(error) => Err(error),
    }
}
