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

use super::backend::{Backend, Purpose};
use super::dialect::sqlite::{self, LogState, PAGE_SIZE};
use super::error::Error;
use super::local::Local;
use super::settings::Settings;
#[cfg(target_os = "linux")]
use super::writeback;
use crate::telemetry::Seldom;

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

/// How long at most while something stays in the way of a log over its limit: until then each rest is twice as long as the one
/// before, as writers wait in vain.
const LONGEST_RESPITE: Duration = Duration::from_secs(10);

/// Longest time that writers wait for readers to let go of the log; ten times as long once it is over its limit.
const PATIENCE: Duration = Duration::from_millis(40);

pub(super) struct Checkpointer {
    /// Dropped to stop the thread.
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Checkpointer {
    /// Starts the thread, if the database is SQLite: servers keep their logs themselves.
    pub(super) fn start(settings: &Settings, local: Option<&Arc<Local>>) -> Result<Option<Self>, Error> {
        let (Backend::Sqlite { path, busy_timeout }, Some(local)) = (&settings.backend, local) else {
            return Ok(None);
        };
        let (sender, stopped) = crossbeam_channel::bounded(0);
        let mover = Mover {
            conn: sqlite::connect(path, *busy_timeout, Purpose::Checkpoint)?,
            limit: settings.wal_limit,
            local: Arc::clone(local),
            stopped,
            path: path.clone(),
            database: None,
            state: State::Watching,
            vain: 0,
            failures: Seldom::default(),
            obstacles: Seldom::default(),
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
    local: Arc<Local>,
    /// Closed when it is to stop.
    stopped: Receiver<()>,
    path: PathBuf,
    database: Option<&'static File>,
    state: State,
    /// How often in a row something was in the way while the log was over its limit.
    vain: u32,
    failures: Seldom,
    obstacles: Seldom,
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
    /// The database was removed or replaced, and what was committed is in the file that is open.
    Abandoned,
}

impl State {
    fn resting(respite: Duration) -> Self {
        Self::Resting(Instant::now() + respite)
    }
}

impl Mover {
    fn run(mut self) {
        while self.rest(LOOK) {
            self.state = self.look().unwrap_or_else(|error| {
                if let Some(held_back) = self.failures.due() {
                    tracing::warn!(%error, held_back, "the write-ahead log could not be moved into the database");
                }
                State::resting(LONG_RESPITE)
            });
        }
        self.leave();
    }

    /// Rests, and gives whether to go on.
    fn rest(&self, time: Duration) -> bool {
        self.stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    fn look(&mut self) -> Result<State, Error> {
        // Also where nobody writes, so that readers hear of it.
        let seen = self.local.files.check();
        match self.state {
            State::Abandoned => return Ok(State::Abandoned),
            State::Resting(until) if Instant::now() < until => return Ok(self.state),
            _ => {}
        }
        if self.local.files.standing().is_err() {
            return self.abandon();
        }
        seen?;
        let log = sqlite::look_at_log(&mut self.conn)?;
        let size = self.local.files.log_size()?;
        if log.length < WORTHWHILE.min(self.limit / 2) && size <= self.limit {
            return Ok(State::Watching);
        }
        if self.state == State::Emptied && log.rest() == 0 {
            return Ok(State::Emptied);
        }
        self.empty(log, size)
    }

    /// Moves the whole log, whose file has this size, and lets it start over.
    fn empty(&mut self, mut log: LogState, size: u64) -> Result<State, Error> {
        for pass in 0..MOST_PASSES {
            if log.rest() <= SMALL_REST {
                break;
            }
            let Some(moved) = sqlite::checkpoint_beside_writers(&mut self.conn)? else {
                // Another process is at it.
                return Ok(self.hindered(size, LONG_RESPITE));
            };
            if moved <= log.moved && log.length <= self.limit {
                // A reader is in the way, and writers need not wait for it yet.
                return Ok(self.hindered(size, RESPITE));
            }
            if !self.write_back(log.moved..moved, FIRST_PASS / 2_u32.pow(pass)) {
                return Ok(self.state);
            }
            self.sync()?;
            log = sqlite::look_at_log(&mut self.conn)?;
        }
        // What another process has moved must not be synced while writers wait, either.
        self.sync()?;
        if !self.start_over(log, size > self.limit)? {
            return Ok(self.hindered(size, RESPITE));
        }
        self.vain = 0;
        Ok(State::Emptied)
    }

    /// Lets the log start over between two commits, from nothing where its file `is_long`.
    fn start_over(&mut self, log: LogState, is_long: bool) -> Result<bool, Error> {
        let patience = if log.length > self.limit {
            PATIENCE * 10
        } else {
            PATIENCE
        };
        let conn = &mut self.conn;
        self.local.turns.between_commits(|| {
            if is_long {
                sqlite::truncate_log(conn, patience)
            } else {
                sqlite::restart_log(conn, patience)
            }
        })
    }

    /// Rests after a reader or another process was in the way.
    fn hindered(&mut self, size: u64, respite: Duration) -> State {
        if size <= self.limit {
            tracing::debug!(size, "the write-ahead log is kept from starting over");
            return State::resting(respite);
        }
        if let Some(held_back) = self.obstacles.due() {
            let file = self.local.files.log().display();
            tracing::warn!(
                %file,
                size,
                limit = self.limit,
                held_back,
                "the write-ahead log is over [database] wal_limit, and something keeps it from being emptied: look for \
                 a process that has been reading the database for long, such as a shell of sqlite3 (fuser -v FILE)"
            );
        }
        let longer = 2_u32.saturating_pow(self.vain);
        self.vain = self.vain.saturating_add(1);
        State::resting(respite.saturating_mul(longer).min(LONGEST_RESPITE))
    }

    /// Moves what was committed into the file that is still open and leaves an empty log, which may stand beside another
    /// file by now: SQLite would write its pages into that one.
    fn abandon(&mut self) -> Result<State, Error> {
        let conn = &mut self.conn;
        let is_empty = self
            .local
            .turns
            .between_commits(|| sqlite::truncate_log(conn, PATIENCE))?;
        if is_empty {
            return Ok(State::Abandoned);
        }
        Ok(State::resting(RESPITE))
    }

    /// Closes the connection, unless the files are no longer its own: with the last connection SQLite removes whatever log
    /// has the name.
    fn leave(mut self) {
        if self.local.files.standing().is_ok() {
            return;
        }
        if self.state != State::Abandoned && self.abandon() != Ok(State::Abandoned) {
            tracing::error!(
                file = %self.local.files.log().display(),
                "the write-ahead log could not be emptied; remove it if the database file beside it is another one"
            );
        }
        std::mem::forget(self.conn);
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
        let log = self.local.files.log();
        writeback::spread(database, log, frames, PAGE_SIZE, time, |time| self.rest(time))
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
