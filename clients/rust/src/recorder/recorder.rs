//! What callers hold.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use tokio::sync::mpsc::UnboundedSender;

use super::ledger::{From, Ledger, Stats};
use super::record::Record;
use super::record::is_project_id;
use super::worker::Command;

/// What the thread may take beyond a deadline to write what it holds to the spool.
const GRACE: Duration = Duration::from_secs(1);

/// Records messages without ever failing or blocking its caller; see the [crate]. Clones share one
/// queue and one thread.
#[derive(Clone)]
pub struct Recorder {
    handle: Arc<Handle>,
}

pub(super) struct Handle {
    /// To the thread.
    pub commands: UnboundedSender<Command>,
    /// Counters.
    pub ledger: Arc<Ledger>,
    /// Messages in memory at most.
    pub queue: u64,
    /// What ending may take.
    pub shutdown_timeout: Duration,
    /// Disconnected by the thread when it has ended.
    pub ended: Receiver<()>,
}

impl Recorder {
    pub(super) fn new(handle: Handle) -> Self {
        Self {
            handle: Arc::new(handle),
        }
    }

    /// Records a message for the tenant `project_id`. Returns at once, whatever state the server and the disk
    /// are in; what became of the message shows in [`stats`](Self::stats) and, if it is lost, in the log (the
    /// project and the code only).
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

    /// How many messages there were and where they are.
    pub fn stats(&self) -> Stats {
        self.handle.ledger.stats()
    }

    /// Sends what waits now, and says whether everything recorded before is out of memory: answered by the
    /// server or in the spool. It takes at most `timeout` (plus a moment to write the spool) and blocks the
    /// calling thread: from async code, call it through `spawn_blocking`. Whether the spool still holds
    /// something, [`stats`](Self::stats) tells.
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
    /// Waits, for a bounded time, until the thread has sent or spooled what it holds. A thread stuck in a
    /// dead disk is left behind.
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

/// The end of a timeout that may be absurdly long.
fn deadline(timeout: Duration) -> tokio::time::Instant {
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    (Instant::now() + timeout.min(FAR)).into()
}
