//! The beginning and the end of transactions.

use std::time::Duration;

#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
use diesel::connection::{Connection, TransactionManager};

#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::store::connection::Conn;
use crate::store::error::Error;

#[cfg(feature = "sqlite")]
type OfSqlite = diesel::connection::AnsiTransactionManager;

#[allow(
    clippy::unnecessary_wraps,
    reason = "it depends on the databases that are built in"
)]
impl Conn {
    /// Starts a transaction that may write.
    ///
    /// On SQLite it takes the write lock at once: a transaction that reads first and writes later would find the lock taken
    /// and could not wait for it. On MariaDB the first statement starts it, as a writer's session has no autocommit.
    pub(in crate::store) fn begin_write(&mut self, lock_timeout: Duration) -> Result<(), Error> {
        let _ = lock_timeout;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::retry_while_locked(lock_timeout, || {
                Ok(OfSqlite::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?)
            }),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("BEGIN")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }

    /// Whether a statement outside a transaction commits by itself. A writer's session on MariaDB has no autocommit.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(in crate::store) fn commits_by_itself(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => false,
        }
    }

    /// Commits. On PostgreSQL this succeeds, with nothing committed, if a statement of the transaction has failed: the
    /// caller must know that none has.
    pub(in crate::store) fn commit(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => Ok(OfSqlite::commit_transaction(conn)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("COMMIT")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::commit(conn),
        }
    }

    /// Rolls back.
    pub(in crate::store) fn rollback(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => Ok(OfSqlite::rollback_transaction(conn)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("ROLLBACK")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::rollback(conn),
        }
    }

    /// Whether no transaction is open, as far as diesel knows.
    pub(in crate::store) fn is_idle(&mut self) -> bool {
        let status = <Self as Connection>::TransactionManager::transaction_manager_status_mut(self);
        matches!(status.transaction_depth(), Ok(None))
    }
}
