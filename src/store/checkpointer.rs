//! The thread that moves SQLite's write-ahead log into the database file.
//!
//! SQLite by itself does that in whichever commit finds the log long, with two syncs, while all writers wait; and where
//! readers follow each other without a gap its log never starts over and every commit tries again. Here the bulk is
//! moved beside the writers, in passes that each take half as long as the one before, so that less is written meanwhile;
//! and only the rest, some dozens of pages, while they wait.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use diesel::SqliteConnection;

use super::Settings;
use super::backend::{Backend, Purpose};
use super::dialect::sqlite::{self, PAGE_SIZE};
use super::error::Error;
use super::turns::Turns;
use super::writeback;

/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The length in bytes from which the log is worth moving: syncs grow rare, and a page that changed often is moved once.
const WORTHWHILE: u64 = 192 << 20;

/// What was written meanwhile is moved beside the writers again, until so many bytes are left or so often.
const SMALL_REST: u64 = 1 << 20;
const MOST_PASSES: u32 = 8;

/// The time over which the disk gets the pages of the first pass.
const FIRST_PASS: Duration = Duration::from_millis(400);

/// Longest time that writers wait for readers to let go of the log; ten times as long once it is over its limit.
const PATIENCE: Duration = Duration::from_millis(40);

pub(super) struct Checkpointer {
    /// Dropped to stop the thread.
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Checkpointer {
    /// Starts the thread, if the database is SQLite: servers keep their logs themselves.
    pub(super) fn start(settings: &Settings, turns: Option<&Arc<Turns>>) -> Result<Option<Self>, Error> {
        let (Backend::Sqlite { path, busy_timeout }, Some(turns)) = (&settings.backend, turns) else {
            return Ok(None);
        };
        let mut log = Log {
            conn: sqlite::connect(path, *busy_timeout, Purpose::Checkpoint)?,
            limit: settings.wal_limit,
            turns: Arc::clone(turns),
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
    turns: Arc<Turns>,
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
        let mut log = sqlite::look_at_log(&mut self.conn)?;
        if log.length < WORTHWHILE.min(self.limit / 2) {
            return Ok(());
        }
        for pass in 0..MOST_PASSES {
            if log.length.saturating_sub(log.moved) <= SMALL_REST {
                break;
            }
            let moved = sqlite::checkpoint_beside_writers(&mut self.conn)?.moved;
            self.write_back(log.moved..moved, FIRST_PASS / 2_u32.pow(pass))?;
            self.database()?.sync_data().map_err(|error| unsynced(&error))?;
            log = sqlite::look_at_log(&mut self.conn)?;
        }
        let patience = if log.length > self.limit {
            PATIENCE * 10
        } else {
            PATIENCE
        };
        let conn = &mut self.conn;
        if !self
            .turns
            .between_commits(|| sqlite::restart_log(conn, patience))?
        {
            tracing::debug!(log.length, "readers kept the write-ahead log from starting over");
        }
        Ok(())
    }

    /// Has the disk write what was moved, which SQLite syncs only when the log is moved to its end. Beside writers it never is,
    /// so that they would all wait for the sync of everything when it starts over.
    fn write_back(&mut self, moved: Range<u64>, time: Duration) -> Result<(), Error> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let frames = moved.start / PAGE_SIZE..moved.end / PAGE_SIZE;
        let database = self.database()?;
        if let Err(error) = writeback::spread(database, log.as_ref(), frames, PAGE_SIZE, time) {
            tracing::debug!(%error, "the pages that were moved are written all at once");
        }
        Ok(())
    }

    fn database(&mut self) -> Result<&'static File, Error> {
        match self.database {
            Some(database) => Ok(database),
            None => self.open_database(),
        }
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
