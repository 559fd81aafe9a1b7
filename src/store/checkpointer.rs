//! The thread that moves SQLite's write-ahead log into the database file.
//!
//! SQLite by itself does that in whichever commit finds the log long, with two syncs, while all writers wait; and where
//! readers follow each other without a gap its log never starts over and every commit tries again. Here the bulk is
//! moved beside the writers, and only the rest, a few pages, while they wait.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use diesel::SqliteConnection;

use super::Settings;
use super::backend::{Backend, Purpose};
use super::dialect::sqlite;
use super::error::Error;

/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The length in bytes from which the log is worth moving: syncs grow rare, and a page that changed often is moved once.
const WORTHWHILE: u64 = 128 << 20;

/// What was written meanwhile is moved beside the writers again, until so many bytes are left or so often.
const SMALL_REST: u64 = 2 << 20;
const MOST_PASSES: usize = 4;

/// Longest time that writers wait for readers to let go of the log; ten times as long once it is over its limit.
const PATIENCE: Duration = Duration::from_millis(40);

pub(super) struct Checkpointer {
    /// Dropped to stop the thread.
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Checkpointer {
    /// Starts the thread, if the database is SQLite: servers keep their logs themselves.
    pub(super) fn start(settings: &Settings) -> Result<Option<Self>, Error> {
        let Backend::Sqlite { path, busy_timeout } = &settings.backend else {
            return Ok(None);
        };
        let mut log = Log {
            conn: sqlite::connect(path, *busy_timeout, Purpose::Checkpoint)?,
            limit: settings.wal_limit,
            path: path.clone(),
            database: None,
        };
        let (sender, stopped) = crossbeam_channel::bounded(0);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || log.run(&stopped))
            .map_err(|error| Error::Unavailable(format!("no thread for checkpoints: {error}")))?;
        Ok(Some(Self {
            stop: Mutex::new(Some((sender, thread))),
        }))
    }

    pub(super) fn close(&self) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, thread)) = stop {
            drop(sender);
            if thread.join().is_err() {
                tracing::error!("the checkpoint thread had panicked");
            }
        }
    }
}

/// The log, the database that it belongs to, and when it is worth moving.
struct Log {
    conn: SqliteConnection,
    /// Length in bytes over which writers wait longer for it to start over.
    limit: u64,
    path: PathBuf,
    database: Option<&'static File>,
}

impl Log {
    fn run(&mut self, stopped: &Receiver<()>) {
        while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            if let Err(error) = self.look() {
                tracing::warn!(%error, "the write-ahead log could not be moved into the database");
            }
        }
    }

    fn look(&mut self) -> Result<(), Error> {
        let length = sqlite::log_length(&mut self.conn)?;
        if length < WORTHWHILE.min(self.limit / 2) {
            return Ok(());
        }
        let mut moved = 0;
        for _ in 0..MOST_PASSES {
            if sqlite::log_length(&mut self.conn)?.saturating_sub(moved) <= SMALL_REST {
                break;
            }
            moved = sqlite::checkpoint_beside_writers(&mut self.conn)?;
            self.sync_database()?;
        }
        let patience = if length > self.limit {
            PATIENCE * 10
        } else {
            PATIENCE
        };
        if !sqlite::restart_log(&mut self.conn, patience)? {
            tracing::debug!(length, "readers kept the write-ahead log from starting over");
        }
        Ok(())
    }

    /// Syncs what was moved. SQLite does so only when the log is moved to its end, which beside writers it never is, so
    /// that they would all wait for the sync of everything when it starts over.
    fn sync_database(&mut self) -> Result<(), Error> {
        let database = match self.database {
            Some(database) => database,
            None => self.open_database()?,
        };
        database.sync_data().map_err(|error| unsynced(&error))
    }

    /// The file is never closed: with any file descriptor of it, the process would lose SQLite's locks on it.
    fn open_database(&mut self) -> Result<&'static File, Error> {
        let file = File::options()
            .read(true)
            .write(true)
            .open(&self.path)
            .map_err(|error| unsynced(&error))?;
        let file: &'static File = Box::leak(Box::new(file));
        self.database = Some(file);
        Ok(file)
    }
}

fn unsynced(error: &std::io::Error) -> Error {
    Error::Unavailable(format!("the database file cannot be synced: {error}"))
}
