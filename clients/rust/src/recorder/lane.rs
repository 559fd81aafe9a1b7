//! One project's queue: what of it is on disk, what in memory, and whether it has to wait.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::time::Instant;

use super::batch::Batch;
use super::spool::Entry;

/// A sealed batch in memory.
pub(super) struct Queued {
    /// Counts sealed batches; tells a flush which were there before it.
    pub serial: u64,
    /// The batch.
    pub batch: Arc<Batch>,
}

/// The batches of one project. One of them is under way at a time, so a project's messages keep their order
/// while all goes well.
#[derive(Default)]
pub(super) struct Lane {
    /// Sent before those in memory.
    pub disk: VecDeque<Entry>,
    /// In order.
    pub memory: VecDeque<Queued>,
    /// A batch of it is under way.
    pub busy: bool,
    /// Answers in a row that told this project to wait.
    pub failures: u32,
    /// Until when it has to.
    pub held_until: Option<Instant>,
}

/// Where the next batch of a lane stands among all: what is on disk goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum QueuePosition {
    /// The number of a spool file.
    Disk(u64),
    /// The serial of a batch in memory.
    Memory(u64),
}

impl Lane {
    /// Whether it has to wait.
    pub fn is_held(&self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| until > now)
    }

    /// Its next batch's place, if one may be sent now.
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

    /// Nothing would be lost by forgetting it.
    pub fn is_idle(&self, now: Instant) -> bool {
        !self.busy && self.disk.is_empty() && self.memory.is_empty() && !self.is_held(now)
    }
}
