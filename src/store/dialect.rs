//! Every place where the databases differ, other than how one connects.

use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Integer, Text};

use super::backend::{Backend, Conn, Purpose};
use super::error::Error;

/// The hexadecimal digits of a message's id, in lower case: what a pattern on ids is matched against.
pub(super) const ID_DIGITS: &str = "lower(hex(messages.id)) LIKE ";

/// Bytes of a page of SQLite: its default, which the store keeps.
const PAGE_SIZE: u64 = 4096;

/// How long the writer sleeps between two tries for SQLite's write lock.
const LOCK_POLL: Duration = Duration::from_micros(500);

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    compile_options: String,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = Integer)]
    busy: i32,
    #[diesel(sql_type = Integer)]
    log: i32,
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

impl Conn {
    /// Starts a transaction that may write.
    ///
    /// On SQLite it takes the write lock at once: one that reads first and writes later would find the lock taken
    /// with no way to wait for it.
    pub(super) fn begin_write(&mut self, patience: Duration) -> Result<(), Error> {
        retry_while_locked(patience, || match self {
            Self::Sqlite(conn) => Ok(AnsiTransactionManager::begin_transaction_sql(
                conn,
                "BEGIN IMMEDIATE",
            )?),
        })
    }

    pub(super) fn commit(&mut self) -> Result<(), Error> {
        <Self as Connection>::TransactionManager::commit_transaction(self)?;
        Ok(())
    }

    /// Ends a transaction that failed, if there is one. Where the database has rolled back by itself, as a full disk
    /// makes SQLite do, diesel's count is out of step with it, and a fresh connection is the way back.
    pub(super) fn reset(&mut self, backend: &Backend) -> Result<(), Error> {
        if self.is_idle() {
            return Ok(());
        }
        let is_undone = <Self as Connection>::TransactionManager::rollback_transaction(self).is_ok();
        if !is_undone || !self.is_idle() {
            *self = backend.connect(Purpose::Write)?;
        }
        Ok(())
    }

    /// Whether no transaction is under way, as far as diesel knows.
    fn is_idle(&mut self) -> bool {
        let status = <Self as Connection>::TransactionManager::transaction_manager_status_mut(self);
        matches!(status.transaction_depth(), Ok(None))
    }

    /// Refuses an SQLite that was built without what the store's speed and safety rest on.
    pub(super) fn check_build(&mut self) -> Result<(), Error> {
        match self {
            Self::Sqlite(conn) => {
                let options: Vec<Word> = sql_query("PRAGMA compile_options").load(conn)?;
                if options
                    .iter()
                    .any(|option| option.compile_options == "ENABLE_QPSG")
                {
                    return Ok(());
                }
                Err(Error::Broken(
                    "SQLite was compiled without SQLITE_ENABLE_QPSG; build inside the source tree, where \
                     .cargo/config.toml sets LIBSQLITE3_FLAGS"
                        .to_owned(),
                ))
            }
        }
    }

    /// The length in bytes of the part of the write-ahead log that is in use; none on databases that keep their own.
    pub(super) fn log_length(&mut self) -> Result<Option<u64>, Error> {
        match self {
            Self::Sqlite(conn) => {
                let state: Checkpoint = sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(conn)?;
                Ok(Some(u64::try_from(state.log).unwrap_or(0) * PAGE_SIZE))
            }
        }
    }

    /// Moves as much of the write-ahead log into the database as readers allow, and gives the bytes of it that are
    /// moved now. Nobody waits for it.
    pub(super) fn checkpoint_beside_writers(&mut self) -> Result<u64, Error> {
        match self {
            Self::Sqlite(conn) => {
                let state: Checkpoint = sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(conn)?;
                Ok(u64::try_from(state.checkpointed).unwrap_or(0) * PAGE_SIZE)
            }
        }
    }

    /// Moves the rest and lets the log start over, while writers wait; up to `patience` for readers in the way. Gives
    /// whether it could.
    pub(super) fn restart_log(&mut self, patience: Duration) -> Result<bool, Error> {
        match self {
            Self::Sqlite(conn) => {
                conn.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
                let state: Checkpoint = sql_query("PRAGMA wal_checkpoint(RESTART)").get_result(conn)?;
                Ok(state.busy == 0)
            }
        }
    }

    /// Copies the whole database, as one moment of it, into a new file.
    pub(super) fn copy_to(&mut self, path: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(conn) => {
                sql_query("VACUUM INTO ?").bind::<Text, _>(path).execute(conn)?;
            }
        }
        Ok(())
    }

    /// Deletes up to `limit` messages that expired before `before` (microseconds), the oldest first.
    pub(super) fn delete_expired(&mut self, before: i64, limit: i64) -> Result<usize, Error> {
        match self {
            Self::Sqlite(conn) => Ok(sql_query(
                "DELETE FROM messages WHERE id IN \
                 (SELECT id FROM messages WHERE expires_at < ? ORDER BY expires_at LIMIT ?)",
            )
            .bind::<BigInt, _>(before)
            .bind::<BigInt, _>(limit)
            .execute(conn)?),
        }
    }
}

/// Tries again while another process holds SQLite's lock, for as long as `patience` lasts.
///
/// SQLite's own waiting sleeps for up to a tenth of a second between looks, which starves whoever comes second where
/// another process commits without a pause.
pub(super) fn retry_while_locked(
    patience: Duration,
    mut work: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        match work() {
            Err(Error::Unavailable(text)) if is_locked(&text) && started.elapsed() < patience => {
                std::thread::sleep(LOCK_POLL);
            }
            other => return other,
        }
    }
}

fn is_locked(text: &str) -> bool {
    text.contains("database is locked")
}
