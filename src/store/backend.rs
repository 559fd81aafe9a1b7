//! Which database it is, and connections to it.

use std::path::PathBuf;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::dialect::retry_while_locked;
use super::error::Error;
use crate::config;

pub use connection::Conn;
pub(super) use connection::{MultiBackend, MultiRawValue};

mod connection {
    use diesel::prelude::*;

    /// A connection to one of the databases this program was built for.
    ///
    /// Made by [`Backend::connect`](super::Backend::connect) alone: the derived `establish` tries each database in turn
    /// and hides why it failed.
    #[derive(diesel::MultiConnection)]
    pub enum Conn {
        /// The embedded database.
        Sqlite(SqliteConnection),
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The one connection that writes.
    Write,
    /// One of those that read.
    Read,
    /// The one that moves the write-ahead log into the database.
    Checkpoint,
    /// One that looks at the schema or changes it.
    Migrate,
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
}

impl Backend {
    /// The database that the configuration names.
    pub fn from_config(config: &config::Database) -> Self {
        match config.connection.backend() {
            config::Backend::Sqlite(path) => Self::Sqlite {
                path: path.clone(),
                busy_timeout: config.busy_timeout,
            },
        }
    }

    /// Opens a connection and sets it up.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be opened.
    pub fn connect(&self, purpose: Purpose) -> Result<Conn, Error> {
        match self {
            Self::Sqlite { path, busy_timeout } => {
                let url = path
                    .to_str()
                    .ok_or_else(|| Error::Broken("the path is not UTF-8".to_owned()))?;
                let mut conn = SqliteConnection::establish(url)
                    .map_err(|error| Error::Unavailable(format!("{}: {error}", path.display())))?;
                let settings = sqlite_settings(purpose, *busy_timeout);
                // The switch to the write-ahead log does not wait for other processes by itself.
                retry_while_locked(*busy_timeout, || Ok(conn.batch_execute(&settings)?))?;
                Ok(Conn::Sqlite(conn))
            }
        }
    }

    /// How long a transaction waits for other processes' locks.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Sqlite { busy_timeout, .. } => *busy_timeout,
        }
    }

    /// The words by which an operator knows the place.
    pub fn describe(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => format!("sqlite:///{}", path.display()),
        }
    }
}

/// synchronous=FULL: a commit is on the disk before anybody is told of it. LIKE regards case as everywhere else.
fn sqlite_settings(purpose: Purpose, busy_timeout: Duration) -> String {
    let mut settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; \
         PRAGMA case_sensitive_like = ON; PRAGMA cache_size = -16000; PRAGMA trusted_schema = OFF;",
        busy_timeout.as_millis()
    );
    match purpose {
        // A larger interval than the default 1000 pages: each checkpoint makes the writers wait for two syncs.
        // The writer waits for locks by itself, so SQLite's own waiting is off once the log's mode is set; so are its
        // checkpoints, which have a thread of their own.
        Purpose::Write => settings
            .push_str("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 0;"),
        Purpose::Checkpoint => settings.push_str("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;"),
        Purpose::Migrate => settings.push_str("PRAGMA journal_mode = WAL;"),
        Purpose::Read => settings.push_str("PRAGMA query_only = ON;"),
    }
    settings
}
