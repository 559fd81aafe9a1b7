//! The thread that moves SQLite's write-ahead log into the database file.
//!
//! SQLite by itself does that in whichever commit finds the log long, with two syncs, while all writers wait; and where
//! readers follow each other without a gap its log never starts over and every commit tries again. Here the bulk is
//! moved beside the writers, and only the rest, a few pages, while they wait.

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
        let mut conn = sqlite::connect(path, *busy_timeout, Purpose::Checkpoint)?;
        let limit = settings.wal_limit;
        let (sender, stopped) = crossbeam_channel::bounded(0);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&mut conn, limit, &stopped))
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

fn run(conn: &mut SqliteConnection, limit: u64, stopped: &Receiver<()>) {
    while stopped.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if let Err(error) = look(conn, limit) {
            tracing::warn!(%error, "the write-ahead log could not be moved into the database");
        }
    }
}

fn look(conn: &mut SqliteConnection, limit: u64) -> Result<(), Error> {
    let length = sqlite::log_length(conn)?;
    if length < WORTHWHILE.min(limit / 2) {
        return Ok(());
    }
    let mut moved = 0;
    for _ in 0..MOST_PASSES {
        if sqlite::log_length(conn)?.saturating_sub(moved) <= SMALL_REST {
            break;
        }
        moved = sqlite::checkpoint_beside_writers(conn)?;
    }
    let patience = if length > limit { PATIENCE * 10 } else { PATIENCE };
    if !sqlite::restart_log(conn, patience)? {
        tracing::debug!(length, "readers kept the write-ahead log from starting over");
    }
    Ok(())
}
