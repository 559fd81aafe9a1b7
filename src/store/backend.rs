//! The database that the configuration names, and connections to it.

use std::path::PathBuf;
use std::time::Duration;

use super::connection::{Conn, Purpose};
use super::dialect;
use super::error::Error;
use crate::config;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// An SQLite file.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// How long a statement waits for another process's transaction.
        busy_timeout: Duration,
    },
    /// A PostgreSQL server.
    Postgres {
        /// The server.
        server: config::Server,
        /// How long a statement waits for another transaction's lock.
        busy_timeout: Duration,
    },
    /// A MariaDB or MySQL server.
    Mysql {
        /// The server.
        server: config::Server,
        /// How long a statement waits for another transaction's lock.
        busy_timeout: Duration,
    },
}

impl Backend {
    /// The database that the configuration names.
    pub fn from_config(config: &config::Database) -> Self {
        Self::of(&config.connection, config.busy_timeout)
    }

    /// The database of a URL. `busy_timeout` is how long a statement waits for locks of others.
    pub fn of(connection: &config::Connection, busy_timeout: Duration) -> Self {
        match connection.backend().clone() {
            config::Backend::Sqlite(path) => Self::Sqlite { path, busy_timeout },
            config::Backend::Postgres(server) => Self::Postgres { server, busy_timeout },
            config::Backend::Mysql(server) => Self::Mysql { server, busy_timeout },
        }
    }

    /// Opens a connection and sets it up. [`Error::Unavailable`] says what kind of obstacle prevents it.
    pub(super) fn connect(&self, purpose: Purpose) -> Result<Conn, Error> {
        let mut conn = self.open(purpose)?;
        if let Purpose::Read(Some(longest)) = purpose {
            conn.limit_statements(longest)?;
        }
        Ok(conn)
    }

    /// Opens a connection and checks that the store can work with the database.
    ///
    /// # Errors
    /// [`Error::Conflict`] with the setting to change; [`Error::Broken`] for an SQLite that lacks a compile-time option.
    pub(super) fn connect_checked(&self, purpose: Purpose) -> Result<Conn, Error> {
        let mut conn = self.connect(purpose)?;
        conn.check_settings()?;
        #[cfg(feature = "postgres")]
        if matches!(self, Self::Postgres { .. }) {
            conn.check_pooling(&mut self.connect(Purpose::Look)?)?;
        }
        Ok(conn)
    }

    fn open(&self, purpose: Purpose) -> Result<Conn, Error> {
        let _ = purpose;
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite { path, busy_timeout } => {
                dialect::sqlite::connect(path, *busy_timeout, purpose).map(Conn::Sqlite)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres { server, busy_timeout } => {
                dialect::postgres::connect(server, *busy_timeout, purpose).map(Conn::Postgres)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql { server, busy_timeout } => {
                dialect::mysql::connect(server, *busy_timeout, purpose).map(Conn::Mysql)
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            other => Err(other.not_built_in()),
        }
    }

    /// The error of a build without support for this database.
    #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
    pub(super) fn not_built_in(&self) -> Error {
        let (name, feature) = match self {
            Self::Sqlite { .. } => ("SQLite", "sqlite"),
            Self::Postgres { .. } => ("PostgreSQL", "postgres"),
            Self::Mysql { .. } => ("MariaDB and MySQL", "mysql"),
        };
        Error::Broken(format!(
            "this program was built without {name}: build it with `--features {feature}`"
        ))
    }

    /// Ends a transaction of SQLite that failed, if there is one. Where SQLite has rolled back by itself, as it does on a
    /// full disk, diesel's count of transactions is wrong, and only a new connection helps.
    pub(super) fn reset(&self, conn: &mut Conn) -> Result<(), Error> {
        if conn.is_idle() {
            return Ok(());
        }
        let is_undone = conn.rollback().is_ok();
        if !is_undone || !conn.is_idle() {
            *conn = self.connect(Purpose::Write)?;
        }
        Ok(())
    }

    /// Whether the database is part of this process, so that no server maintains it.
    pub fn is_embedded(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Logs the options of the URL that have no effect.
    pub(super) fn report_ignored(&self) {
        let (Self::Postgres { server, .. } | Self::Mysql { server, .. }) = self else {
            return;
        };
        if !server.ignored.is_empty() {
            let options = server.ignored.join(", ");
            tracing::warn!(options, "options of [database] connection have no effect here");
        }
    }

    /// How long a transaction waits for locks of others.
    pub(super) fn lock_timeout(&self) -> Duration {
        match self {
            Self::Sqlite { busy_timeout, .. }
            | Self::Postgres { busy_timeout, .. }
            | Self::Mysql { busy_timeout, .. } => *busy_timeout,
        }
    }

    /// The database's URL without a password, as an operator knows it.
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite:///{}", path.display()),
            Self::Postgres { server, .. } => format!("postgresql://{server}"),
            Self::Mysql { server, .. } => format!("mysql://{server}"),
        }
    }
}
