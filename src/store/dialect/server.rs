//! What a connection tells of its server, and the whole database in one call.

use std::time::Duration;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

#[cfg(feature = "mysql")]
use super::mysql;
#[cfg(feature = "postgres")]
use super::postgres;
#[cfg(feature = "sqlite")]
use super::sqlite;
use crate::store::connection::Conn;
use crate::store::error::Error;

#[allow(
    clippy::unnecessary_wraps,
    reason = "it depends on the databases that are built in"
)]
impl Conn {
    /// Returns the names of all tables, in order, from the database's own catalog.
    pub(in crate::store) fn tables(&mut self) -> Result<Vec<String>, Error> {
        let names = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => {
                "SELECT CAST(tablename AS text) FROM pg_tables WHERE schemaname = current_schema()"
            }
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => {
                "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
                 WHERE table_schema = database() AND table_type = 'BASE TABLE'"
            }
        };
        let mut names: Vec<String> = sql::<Text>(names).load(self)?;
        names.sort_unstable();
        Ok(names)
    }

    /// Returns the names of a table's columns that the user may read; none if there is no such table.
    pub(in crate::store) fn columns(&mut self, table: &str) -> Result<Vec<String>, Error> {
        let names = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}')"),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => format!(
                "SELECT column_name::text FROM information_schema.columns \
                 WHERE table_schema = ANY (current_schemas(false)) AND table_name = '{table}'"
            ),
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => format!(
                "SELECT CAST(column_name AS CHAR) FROM information_schema.columns \
                 WHERE table_schema = database() AND table_name = '{table}'"
            ),
        };
        Ok(sql::<Text>(&names).load(self)?)
    }

    /// Makes the server stop a statement that takes longer. SQLite has no such limit: reads there proceed in small steps.
    pub(in crate::store) fn limit_statements(&mut self, longest: Duration) -> Result<(), Error> {
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

    /// Identifies the server for as long as the connection lasts, or the cluster, whose nodes all show what others
    /// committed. None for an embedded database.
    pub(in crate::store) fn server(&mut self) -> Result<Option<String>, Error> {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Ok(None),
            #[cfg(feature = "postgres")]
            Self::Postgres(conn) => postgres::server(conn).map(Some),
            #[cfg(feature = "mysql")]
            Self::Mysql(conn) => mysql::server(conn).map(Some),
        }
    }

    /// Whether the server accepts no writes now: a primary before a switchover, or a replica.
    pub(in crate::store) fn only_reads(&mut self) -> Result<bool, Error> {
        let question: Option<&str> = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Some("SELECT current_setting('transaction_read_only')"),
            #[cfg(feature = "mysql")]
            // A number until MariaDB 12, then one of several words.
            Self::Mysql(_) => {
                Some("SELECT IF(CAST(@@GLOBAL.read_only AS CHAR) IN ('0', 'OFF'), 'off', 'on')")
            }
        };
        match question {
            Some(question) => Ok(sql::<Text>(question).get_result::<String>(self)? == "on"),
            None => Ok(false),
        }
    }

    /// Copies the whole database, as of one moment, into a new file.
    pub(in crate::store) fn copy_to(&mut self, path: &str) -> Result<(), Error> {
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
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn no_copy(tool: &str) -> Error {
    Error::Conflict(format!(
        "only SQLite can be copied into a file; use {tool} for this database"
    ))
}
