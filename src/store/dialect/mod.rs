//! Every place where the databases differ.

mod insert;
#[cfg(feature = "mysql")]
pub(super) mod mysql;
#[cfg(feature = "postgres")]
pub(super) mod postgres;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod requirements;
#[cfg(all(feature = "mysql", target_os = "linux"))]
mod sockets;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;

use std::borrow::Cow;
use std::time::Duration;

use diesel::connection::Connection;
#[cfg(feature = "postgres")]
use diesel::connection::SimpleConnection;
#[cfg(feature = "sqlite")]
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};

use super::backend::{Backend, Conn, Purpose};
use super::error::Error;

/// The file of trusted authorities that Debian and its kin keep, for libraries that have no default that fits a server.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Longest wait for another host's migration, and what is said then.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const PATIENCE: Duration = Duration::from_secs(120);
#[cfg(any(feature = "postgres", feature = "mysql"))]
const MIGRATING: &str = "another host is migrating";

#[allow(
    clippy::unnecessary_wraps,
    reason = "which of them can fail depends on the databases built in"
)]
impl Conn {
    /// Starts a transaction that may write.
    ///
    /// On SQLite it takes the write lock at once: one that reads first and writes later would find the lock taken
    /// with no way to wait for it. On MariaDB the first statement starts it, as a writer's session has no autocommit.
    pub(super) fn begin_write(&mut self, patience: Duration) -> Result<(), Error> {
        let _ = patience;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::retry_while_locked(patience, || {
                Ok(AnsiTransactionManager::begin_transaction_sql(
                    conn,
                    "BEGIN IMMEDIATE",
                )?)
            }),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("BEGIN")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Ok(()),
        }
    }

    /// Whether a statement outside a transaction is one by itself. A writer's session on MariaDB has no autocommit.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(super) fn commits_by_itself(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => false,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => false,
        }
    }

    /// Ends a transaction. On PostgreSQL it succeeds, with nothing committed, when a statement had failed before: who
    /// commits there has to know of no failure.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => Ok(AnsiTransactionManager::commit_transaction(conn)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("COMMIT")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::commit(conn),
        }
    }

    /// Undoes a transaction.
    pub(super) fn rollback(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => Ok(AnsiTransactionManager::rollback_transaction(conn)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => Ok(conn.batch_execute("ROLLBACK")?),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::rollback(conn),
        }
    }

    /// Ends a transaction of SQLite that failed, if there is one. Where the database has rolled back by itself, as a
    /// full disk makes SQLite do, diesel's count is out of step with it, and a fresh connection is the way back.
    pub(super) fn reset(&mut self, backend: &Backend) -> Result<(), Error> {
        if self.is_idle() {
            return Ok(());
        }
        let is_undone = self.rollback().is_ok();
        if !is_undone || !self.is_idle() {
            *self = backend.connect(Purpose::Write)?;
        }
        Ok(())
    }

    /// Whether no transaction is under way, as far as diesel knows.
    fn is_idle(&mut self) -> bool {
        use diesel::connection::TransactionManager;
        let status = <Self as Connection>::TransactionManager::transaction_manager_status_mut(self);
        matches!(status.transaction_depth(), Ok(None))
    }

    /// Refuses an SQLite that was built without what the store's speed and safety rest on, and a server whose settings do
    /// not fit.
    pub(super) fn check_build(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::check_build(conn),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => requirements::postgres::check(conn),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => requirements::mysql::check(conn),
        }
    }

    /// Refuses a pooler that does not keep sessions. `other` is a second connection to the same server.
    #[cfg(feature = "postgres")]
    pub(super) fn check_pooling(&mut self, other: &mut Self) -> Result<(), Error> {
        match (self, other) {
            (Self::Postgres(one), Self::Postgres(other)) => requirements::pooling::check(one, other),
            _ => Ok(()),
        }
    }

    /// Checks that a server's user may read and write the tables. For an SQLite file the mode of the file decides.
    pub(super) fn check_rights(&mut self) -> Result<(), Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => requirements::check_rights(self),
        }
    }

    /// Returns the names of all tables, in order, from the database's own catalog.
    pub(super) fn tables(&mut self) -> Result<Vec<String>, Error> {
        let names = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => {
                "SELECT CAST(tablename AS text) AS name FROM pg_tables WHERE schemaname = current_schema()"
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => {
                "SELECT CAST(table_name AS CHAR) AS name FROM information_schema.tables \
                 WHERE table_schema = database() AND table_type = 'BASE TABLE'"
            }
        };
        let mut names: Vec<String> = sql_query(names)
            .load::<Named>(self)?
            .into_iter()
            .map(|row| row.name)
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Has the server stop a statement that takes longer. SQLite has no such limit: what reads there goes in small steps.
    pub(super) fn limit_statements(&mut self, longest: Duration) -> Result<(), Error> {
        let _ = longest;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => {
                Ok(conn.batch_execute(&format!("SET statement_timeout = {}", longest.as_millis()))?)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::limit_statements(conn, longest),
        }
    }

    /// Which server this is, as long as the connection lasts; the cluster, where every node shows what the others committed.
    /// None where the database is embedded.
    pub(super) fn server(&mut self) -> Result<Option<String>, Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(None),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::server(conn).map(Some),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::server(conn).map(Some),
        }
    }

    /// Whether the server takes no writes now: a primary before a switchover, or a replica.
    pub(super) fn only_reads(&mut self) -> Result<bool, Error> {
        let question = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "SELECT 'off' AS name",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "SELECT current_setting('transaction_read_only') AS name",
            #[cfg(feature = "mysql")]
            // A number until MariaDB 12, then one of several words.
            Self::Mysql(_) => {
                "SELECT IF(CAST(@@GLOBAL.read_only AS CHAR) IN ('0', 'OFF'), 'off', 'on') AS name"
            }
        };
        Ok(sql_query(question).get_result::<Named>(self)?.name == "on")
    }

    /// Copies the whole database, as one moment of it, into a new file.
    pub(super) fn copy_to(&mut self, path: &str) -> Result<(), Error> {
        let _ = path;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::copy_to(conn, path),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Err(no_copy("pg_dump")),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => Err(no_copy("mariadb-dump --single-transaction")),
        }
    }

    /// Deletes up to `limit` messages that expired before `before` (microseconds), the oldest first.
    pub(super) fn delete_expired(&mut self, before: i64, limit: i64) -> Result<usize, Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(conn) => sqlite::delete_expired(conn, before, limit),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::delete_expired(conn, before, limit),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::delete_expired(conn, before, limit),
        }
    }

    /// Deletes up to `limit` rows of a table in which `column` is less than `before`, the least first. `key` is the table's
    /// primary key.
    pub(super) fn delete_least(
        &mut self,
        table: &'static str,
        key: &'static str,
        column: &'static str,
        before: i64,
        limit: i64,
    ) -> Result<usize, Error> {
        let delete = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => format!(
                "DELETE FROM {table} WHERE ({key}) IN \
                 (SELECT {key} FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?)"
            ),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!(
                "DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {column} < $1 \
                 ORDER BY {column} LIMIT $2 FOR UPDATE SKIP LOCKED))"
            ),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => {
                format!("DELETE FROM {table} WHERE {column} < ? ORDER BY {column}, {key} LIMIT ?")
            }
        };
        let delete = sql_query(delete)
            .bind::<BigInt, _>(before)
            .bind::<BigInt, _>(limit);
        Ok(delete.execute(self)?)
    }

    /// The beginning of a condition on a message's id as hexadecimal digits, in lower case; its pattern follows.
    pub(super) fn id_digits(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "lower(hex(messages.id)) LIKE ",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "encode(messages.id, 'hex') LIKE ",
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => "lower(hex(messages.id)) LIKE ",
        }
    }

    /// A column of another program's table as a text.
    pub(super) fn as_text(&self, column: &str) -> String {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => format!("CAST({column} AS TEXT)"),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!("CAST({column} AS TEXT)"),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => format!("CAST({column} AS CHAR)"),
        }
    }

    /// A time without zone of another program's table, as `2026-11-21 03:20:24.834285`, the fraction where there is one.
    /// `SQLite` keeps it so; how PostgreSQL writes it by itself is for the server to choose.
    pub(super) fn time_as_text(&self, column: &str) -> String {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!("to_char({column}, 'YYYY-MM-DD HH24:MI:SS.US')"),
            #[cfg(any(feature = "sqlite", feature = "mysql"))]
            _ => self.as_text(column),
        }
    }

    /// A pattern of LIKE in which only `%` and `_` mean something. Servers take a backslash for an escape.
    pub(super) fn pattern<'a>(&self, pattern: &'a str) -> Cow<'a, str> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Cow::Borrowed(pattern),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ if pattern.contains('\\') => Cow::Owned(pattern.replace('\\', "\\\\")),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Cow::Borrowed(pattern),
        }
    }

    /// Waits until nobody else changes the schema and keeps others from it, until `unlock_migration`.
    pub(super) fn lock_migration(&mut self, patience: Duration) -> Result<MigrationLock, Error> {
        let _ = patience;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => self.begin_write(patience).map(|()| MigrationLock(None)),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::lock_migration(conn).map(|()| MigrationLock(None)),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::lock_migration(conn).map(|holder| MigrationLock(Some(holder))),
        }
    }

    /// The other end of `lock_migration`. PostgreSQL's lock ends with the connection.
    pub(super) fn unlock_migration(&mut self, lock: &MigrationLock) -> Result<(), Error> {
        let _ = lock;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => self.commit(),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::unlock_migration(conn, lock.0.as_deref().unwrap_or_default()),
        }
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The right to change the schema, with its holder where that is written down.
pub(super) struct MigrationLock(#[cfg_attr(not(feature = "mysql"), expect(dead_code))] Option<String>);

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn no_copy(tool: &str) -> Error {
    Error::Conflict(format!(
        "only SQLite is copied into a file; use {tool} for this database"
    ))
}
