//! Statements in another program's database: they write nothing, take a limited time and leave nothing behind.

use std::time::Duration;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use diesel::connection::SimpleConnection;

use crate::store::connection::Conn;
use crate::store::error::Error;

/// How long a statement waits while the other program changes its schema, in milliseconds.
#[cfg(feature = "postgres")]
const LOCKED: u32 = 10_000;

#[allow(
    clippy::unnecessary_wraps,
    reason = "it depends on the databases that are built in"
)]
impl Conn {
    /// Prepares a new connection. A server stops statements that take longer than `longest`.
    pub(in crate::store) fn set_up_foreign(&mut self, longest: Option<Duration>) -> Result<(), Error> {
        let _ = longest;
        match self {
            // By its purpose.
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            // Each statement has its own settings.
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => {
                conn.batch_execute("SET SESSION TRANSACTION READ ONLY")?;
                longest.map_or(Ok(()), |longest| self.limit_statements(longest))
            }
        }
    }

    /// Begins a statement. On PostgreSQL it is a transaction of its own, with which its settings end: a pooler may give the session
    /// to the other program afterwards.
    pub(in crate::store) fn begin_foreign(&mut self, longest: Option<Duration>) -> Result<(), Error> {
        let _ = longest;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                let limit = longest.map_or(0, |longest| longest.as_millis());
                Ok(conn.batch_execute(&format!(
                    "BEGIN READ ONLY; SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = {LOCKED}; \
                     SET LOCAL jit = off; SET LOCAL timezone = 'UTC'"
                ))?)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }

    /// Ends a statement.
    pub(in crate::store) fn end_foreign(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            // After a failed statement, too, it leaves no transaction.
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("COMMIT")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }
}
