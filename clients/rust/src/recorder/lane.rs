//! The queue of one project: its batches on disk and in memory, and whether it has to wait.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use super::batch::Batch;
use super::spool::Entry;

/// A sealed batch in memory.
pub(super) struct Queued {
    /// Numbers sealed batches, so that a flush knows which ones came before it.
    pub serial: u64,
    /// The batch.
    pub batch: Arc<Batch>,
}

/// The batches of one project. At most one is in flight, so a project's messages stay in order unless a batch
/// fails.
#[derive(Default)]
pub(super) struct Lane {
    /// On disk; sent before those in memory.
    pub disk: VecDeque<Entry>,
    /// In memory, in order.
    pub memory: VecDeque<Queued>,
    /// Whether a batch is in flight.
    pub busy: bool,
    /// Consecutive answers that made this project wait.
    pub failures: u32,
    /// The end of the wait.
    pub held_until: Option<Instant>,
}

/// The position of a lane's next batch in the overall order: disk before memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum QueuePosition {
    /// By the number of a spool file.
    Disk(u64),
    /// By the serial of a batch in memory.
    Memory(u64),
}

impl Lane {
    /// Whether the project has to wait.
    pub fn is_held(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| until > now)
    }

    /// Returns the position of the next batch, if one may be sent now.
    pub fn turn(&self, now: Instant, from_disk: bool) -> Option<QueuePosition> {
        if self.busy || self.is_held(now) {
            return None;
        }
        let disk = self
            .disk
            .front()
            .filter(|_| from_disk)
            .map(|entry| QueuePosition::Disk(entry.number));
        disk.or_else(|| {
            self.memory
                .front()
                .map(|queued| QueuePosition::Memory(queued.serial))
        })
    }

    /// Whether dropping the lane would lose nothing.
    pub fn is_idle(&self, now: Instant) -> bool {
        !self.busy && self.disk.is_empty() && self.memory.is_empty() && !self.is_held(now)
    }
}
