//! The thread that moves SQLite's write-ahead log into the database file.
//!
//! SQLite by itself does that in whichever commit finds the log long, with two syncs, while all writers wait; and where
//! readers follow each other without a gap its log never starts over and every commit tries again. Here the bulk is
//! moved beside the writers, in passes that are each spread over half the time of the one before, so that less and less
//! is written meanwhile; and only the rest, a few hundred pages, between two commits.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use diesel::SqliteConnection;

use super::Settings;
use super::backend::{Backend, Purpose};
use super::dialect::sqlite::{self, LogState, PAGE_SIZE};
use super::error::Error;
use super::turns::Turns;
#[cfg(target_os = "linux")]
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

/// How long the log is left alone after readers were in the way.
const RESPITE: Duration = Duration::from_millis(200);

/// The same after another process was found moving it, which takes that about as long.
const LONG_RESPITE: Duration = Duration::from_secs(1);

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
        let (sender, stopped) = crossbeam_channel::bounded(0);
        // SQLite puts the log beside the file itself, wherever a link to it is.
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        let mut mover = Mover {
            conn: sqlite::connect(&path, *busy_timeout, Purpose::Checkpoint)?,
            limit: settings.wal_limit,
            turns: Arc::clone(turns),
            stopped,
            path,
            database: None,
            state: State::Watching,
        };
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || mover.run())
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

/// What moves the log, and when that is worthwhile.
struct Mover {
    conn: SqliteConnection,
    /// Length in bytes over which writers wait longer for the log to start over.
    limit: u64,
    turns: Arc<Turns>,
    /// Closed when it is to stop.
    stopped: Receiver<()>,
    path: PathBuf,
    database: Option<&'static File>,
    state: State,
}

/// What became of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is in the way.
    Watching,
    /// The log starts over with the next commit; until then it looks as long as before.
    Emptied,
    /// Something was in the way, so nothing is tried before this time.
    Resting(Instant),
}

impl Mover {
    fn run(&mut self) {
        while self.rest(LOOK) {
            match self.look() {
                Ok(state) => self.state = state,
                Err(error) => {
                    tracing::warn!(%error, "the write-ahead log could not be moved into the database");
                }
            }
        }
    }

    /// Rests, and gives whether to go on.
    fn rest(&self, time: Duration) -> bool {
        self.stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    fn look(&mut self) -> Result<State, Error> {
        let log = sqlite::look_at_log(&mut self.conn)?;
        if log.length < WORTHWHILE.min(self.limit / 2) {
            return Ok(State::Watching);
        }
        match self.state {
            State::Emptied if log.rest() == 0 => return Ok(State::Emptied),
            State::Resting(until) if Instant::now() < until => return Ok(self.state),
            _ => {}
        }
        self.empty(log)
    }

    /// Moves the whole log and lets it start over.
    fn empty(&mut self, mut log: LogState) -> Result<State, Error> {
        let resting = |respite| State::Resting(Instant::now() + respite);
        for pass in 0..MOST_PASSES {
            if log.rest() <= SMALL_REST {
                break;
            }
            let Some(moved) = sqlite::checkpoint_beside_writers(&mut self.conn)? else {
                // Another process is at it.
                return Ok(resting(LONG_RESPITE));
            };
            if moved <= log.moved && log.length <= self.limit {
                // A reader is in the way, and writers need not wait for it yet.
                return Ok(resting(RESPITE));
            }
            if !self.write_back(log.moved..moved, FIRST_PASS / 2_u32.pow(pass)) {
                return Ok(self.state);
            }
            self.sync()?;
            log = sqlite::look_at_log(&mut self.conn)?;
        }
        // What another process has moved must not be synced while writers wait, either.
        self.sync()?;
        let patience = if log.length > self.limit {
            PATIENCE * 10
        } else {
            PATIENCE
        };
        let conn = &mut self.conn;
        if self
            .turns
            .between_commits(|| sqlite::restart_log(conn, patience))?
        {
            return Ok(State::Emptied);
        }
        tracing::debug!(
            log.length,
            "a reader or another process kept the write-ahead log from starting over"
        );
        Ok(resting(RESPITE))
    }

    /// Has the disk write what was moved, bit by bit; gives whether to go on.
    fn write_back(&mut self, moved: Range<u64>, time: Duration) -> bool {
        let frames = moved.start / PAGE_SIZE..moved.end / PAGE_SIZE;
        let spread = self
            .database()
            .and_then(|database| self.spread(database, frames, time));
        spread.unwrap_or_else(|error| {
            tracing::debug!(%error, "the pages that were moved are written all at once");
            true
        })
    }

    #[cfg(target_os = "linux")]
    fn spread(&self, database: &File, frames: Range<u64>, time: Duration) -> Result<bool, Error> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        writeback::spread(database, log.as_ref(), frames, PAGE_SIZE, time, |time| {
            self.rest(time)
        })
        .map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// Elsewhere the sync has it all to do.
    #[cfg(not(target_os = "linux"))]
    fn spread(&self, _: &File, _: Range<u64>, _: Duration) -> Result<bool, Error> {
        Ok(true)
    }

    /// Syncs what was moved. SQLite does so only when a pass comes to the end of the log, which beside busy writers none
    /// does, so that they would all wait for the sync of everything when it starts over.
    fn sync(&mut self) -> Result<(), Error> {
        self.database()?.sync_data().map_err(|error| unsynced(&error))
    }

    /// The file is never closed: with any file descriptor of it, the process would lose SQLite's locks on it.
    fn database(&mut self) -> Result<&'static File, Error> {
        if let Some(database) = self.database {
            return Ok(database);
        }
        let file = File::options()
            .read(true)
            .write(true)
            .open(&self.path)
            .map_err(|error| unsynced(&error))?;
        Ok(*self.database.insert(Box::leak(Box::new(file))))
    }
}

fn unsynced(error: &std::io::Error) -> Error {
    Error::Unavailable(format!("the database file cannot be synced: {error}"))
}
