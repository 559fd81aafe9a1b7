//! The thread that moves SQLite's write-ahead log into the database file.
//!
//! SQLite itself does that in whichever commit finds the log long, with two syncs, while all writers wait; and where reads
//! overlap without a gap, its log never starts over and every commit tries again. Here most of the log is moved beside the
//! writers, in passes that each take half the time of the one before, so that less and less is written meanwhile. Only the
//! rest, a few hundred pages, is moved between two commits, by the writer itself.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use diesel::SqliteConnection;
use parking_lot::Mutex;

use super::files::Files;
#[cfg(target_os = "linux")]
use super::writeback;
use super::writer::Writer;
use crate::backoff::Backoff;
use crate::store::backend::Backend;
use crate::store::connection::Purpose;
use crate::store::dialect::sqlite;
use crate::store::dialect::sqlite_log::{self, LogState, PAGE_SIZE};
use crate::store::error::Error;
use crate::store::settings::Settings;
use crate::telemetry::{LogThrottle, Metrics};
use crate::worker::Faults;

/// How often the log is inspected.
const LOOK: Duration = Duration::from_millis(100);

/// The length in bytes from which moving the log pays: fewer syncs, and a page that changed often is moved once.
const WORTHWHILE: u64 = 192 << 20;

/// Passes beside the writers end when few bytes are left, or after a number of them.
const SMALL_REST: u64 = 1 << 20;
const MOST_PASSES: u32 = 8;

/// The time over which the pages of the first pass are written to the disk.
const FIRST_PASS: Duration = Duration::from_millis(400);

/// How long the log is left alone after readers were in the way.
const RESPITE: Duration = Duration::from_millis(200);

/// The same after another process was found moving it, which takes about as long.
const LONG_RESPITE: Duration = Duration::from_secs(1);

/// The longest rest while something keeps a log over its limit: each is twice as long as the one before, as every attempt
/// makes writers wait in vain.
const LONGEST_RESPITE: Duration = Duration::from_secs(10);

/// How long writers wait for readers to let go of the log; ten times as long once it is over its limit.
const PATIENCE: Duration = Duration::from_millis(40);

pub(in crate::store) struct Checkpointer {
    /// Dropped to stop the thread.
    stop: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Checkpointer {
    /// Starts the thread, if the database is SQLite: servers maintain their logs themselves.
    pub(in crate::store) fn start(
        settings: &Settings,
        metrics: &Metrics,
        files: Option<&Arc<Files>>,
        writer: &Writer,
    ) -> Result<Option<Self>, Error> {
        let (Backend::Sqlite { path, busy_timeout }, Some(files)) = (&settings.backend, files) else {
            return Ok(None);
        };
        let (sender, stopped) = crossbeam_channel::bounded(0);
        let mover = Mover {
            conn: sqlite::connect(path, *busy_timeout, Purpose::Checkpoint)?,
            limit: settings.wal_limit,
            files: Arc::clone(files),
            writer: writer.clone(),
            stopped,
            path: path.clone(),
            database: None,
            state: State::Watching,
            vain: 0,
            failures: LogThrottle::default(),
            obstacles: LogThrottle::default(),
        };
        let faults = Faults::new("checkpoints", metrics.workers.ended("checkpoints"));
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || mover.run(&faults))
            .map_err(|error| Error::Unavailable(format!("no thread for checkpoints: {error}")))?;
        Ok(Some(Self {
            stop: Mutex::new(Some((sender, thread))),
        }))
    }

    /// Stops the thread; the writer has stopped before.
    pub(in crate::store) fn close(&self) {
        let stop = self.stop.lock().take();
        if let Some((sender, thread)) = stop {
            drop(sender);
            // A panic was logged where it happened.
            drop(thread.join());
        }
    }
}

/// Moves the log when that is worthwhile.
struct Mover {
    conn: SqliteConnection,
    /// The length in bytes over which writers wait longer for the log to start over.
    limit: u64,
    files: Arc<Files>,
    writer: Writer,
    /// Closed to stop the thread.
    stopped: Receiver<()>,
    path: PathBuf,
    database: Option<&'static File>,
    state: State,
    /// Attempts in a row that failed while the log was over its limit.
    vain: usize,
    failures: LogThrottle,
    obstacles: LogThrottle,
}

/// The result of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is in the way.
    Watching,
    /// The log starts over with the next commit; until then its length is the same.
    Emptied,
    /// Something was in the way; the next attempt is due at this time.
    Resting(Instant),
    /// The database was removed or replaced, and everything committed is in the file that is open.
    Abandoned,
}

impl State {
    fn resting(respite: Duration) -> Self {
        Self::Resting(Instant::now() + respite)
    }
}

impl Mover {
    fn run(mut self, faults: &Faults) {
        while self.rest(LOOK) {
            let looked = faults.catch(|| self.look());
            if let Some(Err(error)) = &looked
                && let Some(held_back) = self.failures.due()
            {
                tracing::warn!(%error, held_back, "the write-ahead log could not be moved into the database");
            }
            self.state = looked
                .and_then(Result::ok)
                .unwrap_or_else(|| State::resting(LONG_RESPITE));
        }
        faults.catch(|| self.leave());
    }

    /// Rests. Returns whether to go on.
    fn rest(&self, time: Duration) -> bool {
        self.stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    fn look(&mut self) -> Result<State, Error> {
        // Also without writes, so that reads fail as well.
        let checked = self.files.check();
        match self.state {
            State::Abandoned => return Ok(State::Abandoned),
            State::Resting(until) if Instant::now() < until => return Ok(self.state),
            _ => {}
        }
        if self.files.intact().is_err() {
            return self.abandon();
        }
        checked?;
        let log = sqlite_log::state(&mut self.conn)?;
        let size = self.files.log_size()?;
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
            let Some(moved) = sqlite_log::move_beside_writers(&mut self.conn)? else {
                // Another process is moving it.
                return Ok(self.hindered(size, LONG_RESPITE));
            };
            if moved <= log.moved && log.length <= self.limit {
                // A reader is in the way, and there is no need yet to make writers wait for it.
                return Ok(self.hindered(size, RESPITE));
            }
            if !self.write_back(log.moved..moved, FIRST_PASS / 2_u32.pow(pass)) {
                return Ok(self.state);
            }
            self.sync()?;
            log = sqlite_log::state(&mut self.conn)?;
        }
        // Pages that another process has moved must not be synced while writers wait, either.
        self.sync()?;
        let patience = if log.length > self.limit {
            PATIENCE * 10
        } else {
            PATIENCE
        };
        if !self.writer.restart_log(size > self.limit, patience)? {
            return Ok(self.hindered(size, RESPITE));
        }
        self.vain = 0;
        Ok(State::Emptied)
    }

    /// Rests after a reader or another process was in the way.
    fn hindered(&mut self, size: u64, respite: Duration) -> State {
        if size <= self.limit {
            tracing::debug!(size, "the write-ahead log is kept from starting over");
            return State::resting(respite);
        }
        if let Some(held_back) = self.obstacles.due() {
            let file = self.files.log().display();
            tracing::warn!(
                %file,
                size,
                limit = self.limit,
                held_back,
                "the write-ahead log is over [database] wal_limit, and something prevents it from being emptied: look for \
                 a process that has been reading the database for a long time, such as a sqlite3 shell (fuser -v FILE)"
            );
        }
        self.vain = self.vain.saturating_add(1);
        State::resting(Backoff::new(respite, LONGEST_RESPITE).after(self.vain))
    }

    /// Moves everything committed into the file that is still open and leaves an empty log, which by now may stand beside
    /// another database: SQLite would write its pages into that one. The writer does it, since a commit may be under way; once it
    /// is closed, nothing is.
    fn abandon(&mut self) -> Result<State, Error> {
        let emptied = self
            .writer
            .restart_log(true, PATIENCE)
            .or_else(|_| sqlite_log::start_over(&mut self.conn, true, PATIENCE))?;
        if emptied {
            return Ok(State::Abandoned);
        }
        Ok(State::resting(RESPITE))
    }

    /// Closes the connection, unless the files are no longer its own: with its last connection SQLite removes any log of
    /// that name.
    fn leave(mut self) {
        if self.files.intact().is_ok() {
            return;
        }
        if self.state != State::Abandoned && self.abandon() != Ok(State::Abandoned) {
            tracing::error!(
                file = %self.files.log().display(),
                "the write-ahead log could not be emptied; remove it if the database file beside it is another one"
            );
        }
        std::mem::forget(self.conn);
    }

    /// Writes the moved pages to the disk a few at a time. Returns whether to go on.
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
        let log = self.files.log();
        writeback::spread(database, log, frames, PAGE_SIZE, time, |time| self.rest(time))
            .map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// Elsewhere the sync writes everything.
    #[cfg(not(target_os = "linux"))]
    fn spread(&self, _: &File, _: Range<u64>, _: Duration) -> Result<bool, Error> {
        Ok(true)
    }

    /// Syncs the moved pages. SQLite does so only when a pass reaches the end of the log, which never happens beside busy
    /// writers: all of them would wait for one large sync when the log starts over.
    fn sync(&mut self) -> Result<(), Error> {
        self.database()?.sync_data().map_err(|error| unsynced(&error))
    }

    /// The file is never closed: closing any descriptor of it would release SQLite's locks on it.
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
