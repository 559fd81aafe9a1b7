//! The tables that are not copied.

use crate::store::connection::Conn;
use crate::store::error::Error;

/// A table of the source that is not copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The table's name.
    pub table: String,
    /// The reason; none for a table that is not part of this program's schema.
    pub reason: Option<&'static str>,
}

/// The tables of the schema that are not copied, and why.
const REASONS: [(&str, &str); 6] = [
    ("leases", "their holders work on the old database"),
    (
        "browser_sessions",
        "they hold users' tokens; users sign in again at the new database",
    ),
    (
        "late_turns",
        "the target counts on from the greatest turn that it holds",
    ),
    (
        "subscription_version",
        "the target counts on, so that its servers notice the copied subscriptions",
    ),
    (
        "__diesel_schema_migrations",
        "the target has its own schema and says which migrations it ran",
    ),
    ("migration_lock", "it protects a migration of the old database"),
];

/// Returns every table of the database that is not among the copied ones.
pub(super) fn tables(conn: &mut Conn, copied: &[&str]) -> Result<Vec<Skipped>, Error> {
    let mut tables = conn.tables()?;
    tables.retain(|table| !copied.contains(&table.as_str()));
    let skipped = tables.into_iter().map(|table| {
        let reason = REASONS.iter().find(|(name, _)| *name == table);
        Skipped {
            reason: reason.map(|(_, reason)| *reason),
            table,
        }
    });
    Ok(skipped.collect())
}
