//! The handle that callers use.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use tokio::sync::mpsc::UnboundedSender;

use super::ledger::{From, Ledger, Stats};
use super::record::Record;
use super::record::is_project_id;
use super::worker::Command;

/// The extra time that the thread has after a deadline to write its batches to the spool.
const GRACE: Duration = Duration::from_secs(1);

/// Records messages without failing or blocking the caller; see the [crate]. Clones share one queue and one
/// thread.
#[derive(Clone)]
pub struct Recorder {
    handle: Arc<Handle>,
}

pub(super) struct Handle {
    /// The channel to the thread.
    pub commands: UnboundedSender<Command>,
    /// Counters.
    pub ledger: Arc<Ledger>,
    /// The most messages in memory.
    pub queue: u64,
    /// The time limit for ending.
    pub shutdown_timeout: Duration,
    /// Disconnected when the thread ends.
    pub ended: Receiver<()>,
}

impl Recorder {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle: Arc::new(handle),
        }
    }

    /// Records a message for the tenant `project_id`. Returns at once, whatever the state of the server and the disk.
    /// [`stats`](Self::stats) shows the outcome; a lost message is also logged, with its project and code only.
    pub fn record(&self, project_id: &str, record: Record) {
        let Handle {
            commands,
            ledger,
            queue,
            ..
        } = &*self.handle;
        ledger.recorded();
        let (code, message) = record.into_parts();
        if !is_project_id(project_id) {
            return ledger.unfit("", &code, "malformed project id");
        }
        let Some(message) = message else {
            return ledger.unfit(project_id, &code, "too large");
        };
        if !ledger.reserve(*queue) {
            return ledger.dropped(project_id, &code, 1);
        }
        if commands
            .send(Command::Record {
                project: project_id.into(),
                message,
            })
            .is_err()
        {
            ledger.lost(project_id, &code, 1, From::Memory);
        }
    }

    /// Returns the message counts.
    pub fn stats(&self) -> Stats {
        self.handle.ledger.stats()
    }

    /// Sends everything that waits. Returns whether all messages recorded before are out of memory: answered by the
    /// server, or in the spool. Takes at most `timeout` (plus a moment to write the spool) and blocks the calling
    /// thread: from async code, call it through `spawn_blocking`. [`stats`](Self::stats) tells whether the spool still
    /// holds messages.
    pub fn flush(&self, timeout: Duration) -> bool {
        let (answer, wait) = bounded(1);
        let flush = Command::Flush {
            deadline: deadline(timeout),
            answer,
        };
        self.handle.commands.send(flush).is_ok()
            && wait
                .recv_timeout(timeout.saturating_add(GRACE))
                .unwrap_or_default()
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

impl Drop for Handle {
    /// Waits, for a bounded time, until the thread has sent or spooled everything. A thread that is stuck on a dead
    /// disk is left behind.
    fn drop(&mut self) {
        let stop = Command::Stop {
            deadline: deadline(self.shutdown_timeout),
        };
        if self.commands.send(stop).is_ok() {
            let _ = self
                .ended
                .recv_timeout(self.shutdown_timeout.saturating_add(GRACE));
        }
    }
}

/// Returns the end of a timeout, which may be absurdly long.
fn deadline(timeout: Duration) -> tokio::time::Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    (Instant::now() + timeout.min(FAR)).into()
}
