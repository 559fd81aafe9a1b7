//! Which database it is, and connections to it.

use std::path::PathBuf;
use std::time::Duration;

use super::dialect;
use super::error::Error;
use crate::config;

pub use connection::Conn;
pub(super) use connection::{MultiBackend, MultiRawValue};

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("choose a database: --features sqlite, postgres or mysql, or several of them");

mod connection {
    use diesel::prelude::*;

    /// A connection to one of the databases this program was built for.
    ///
    /// Made by [`Backend::connect`](super::Backend::connect) alone: the derived `establish` tries each database in turn
    /// and hides why it failed.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// The embedded database.
        #[cfg(feature = "sqlite")]
        Sqlite(SqliteConnection),
        /// PostgreSQL.
        #[cfg(feature = "postgres")]
        Postgres(PgConnection),
        /// MariaDB or MySQL.
        #[cfg(feature = "mysql")]
        Mysql(MysqlConnection),
    }
}

/// Runs the same expression with whichever connection it is, for what diesel does not offer on the enum.
macro_rules! with_each {
    ($conn:expr, $name:ident => $work:expr) => {
        match $conn {
            #[cfg(feature = "sqlite")]
            $crate::store::Conn::Sqlite($name) => $work,
            #[cfg(feature = "postgres")]
            $crate::store::Conn::Postgres($name) => $work,
            #[cfg(feature = "mysql")]
            $crate::store::Conn::Mysql($name) => $work,
        }
    };
}
pub(super) use with_each;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// One that writes.
    Write,
    /// One that reads, with the longest time of a statement on a server.
    Read(Option<Duration>),
    /// The one that moves the write-ahead log into the database.
    #[cfg(feature = "sqlite")]
    Checkpoint,
    /// One that changes the schema. SQLite's file is made for no other.
    Migrate,
    /// One that looks at the schema or copies the whole database.
    Look,
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// An SQLite file.
    Sqlite {
        /// Where it is.
        path: PathBuf,
        /// How long a statement waits for another process's transaction.
        busy_timeout: Duration,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Where it is.
        server: config::Server,
        /// How long a statement waits for another transaction's lock.
        busy_timeout: Duration,
    },
    /// A MariaDB or MySQL server.
    Mysql {
        /// Where it is.
        server: config::Server,
        /// How long a statement waits for another transaction's lock.
        busy_timeout: Duration,
    },
}

impl Backend {
    /// The database that the configuration names.
    pub fn from_config(config: &config::Database) -> Self {
        let busy_timeout = config.busy_timeout;
        match config.connection.backend().clone() {
            config::Backend::Sqlite(path) => Self::Sqlite { path, busy_timeout },
            config::Backend::Postgres(server) => Self::Postgres { server, busy_timeout },
            config::Backend::Mysql(server) => Self::Mysql { server, busy_timeout },
        }
    }

    /// Opens a connection and sets it up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be opened, saying of which kind the hindrance is.
    pub fn connect(&self, purpose: Purpose) -> Result<Conn, Error> {
        let mut conn = self.open(purpose)?;
        if let Purpose::Read(Some(longest)) = purpose {
            conn.limit_statements(longest)?;
        }
        Ok(conn)
    }

    /// Opens a connection to a database that the store can work with.
    ///
    /// # Errors
    /// Those of [`Backend::connect`]; [`Error::Conflict`] with the setting that does not fit, [`Error::Broken`] for an SQLite
    /// that was built without what is needed.
    pub(super) fn connect_checked(&self, purpose: Purpose) -> Result<Conn, Error> {
        let mut conn = self.connect(purpose)?;
        conn.check_build()?;
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
                dialect::postgres::connect(server, *busy_timeout).map(Conn::Postgres)
            }
            #[cfg(feature = "mysql")]
            Self::Mysql { server, busy_timeout } => {
                dialect::mysql::connect(server, *busy_timeout, purpose).map(Conn::Mysql)
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            _ => Err(Error::Broken("this build lacks that database".to_owned())),
        }
    }

    /// Whether the database is part of this process, so that nobody else keeps it in order.
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

    /// How long a transaction waits for others' locks.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Sqlite { busy_timeout, .. }
            | Self::Postgres { busy_timeout, .. }
            | Self::Mysql { busy_timeout, .. } => *busy_timeout,
        }
    }

    /// The words by which an operator knows the place. They hold no password.
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite:///{}", path.display()),
            Self::Postgres { server, .. } => format!("postgresql://{server}"),
            Self::Mysql { server, .. } => format!("mysql://{server}"),
        }
    }
}
