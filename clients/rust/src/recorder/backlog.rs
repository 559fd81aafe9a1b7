//! All sealed batches that the server has not yet answered, in memory and on disk, and the choice of the next one.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::batch::Batch;
use super::health::{Backoff, Wait};
use super::lane::{Lane, QueuePosition, Queued};
use super::ledger::{From, Ledger};
use super::spool::{Entry, Spool};

/// A batch in flight. It returns to the backlog with its outcome.
pub(super) struct Parcel {
    /// The batch.
    pub batch: Arc<Batch>,
    place: Place,
}

enum Place {
    Memory { serial: u64 },
    Disk(Entry),
}

impl Parcel {
    /// Whether it is only in memory and was sealed no later than `barrier`.
    pub fn waits_in_memory(&self, barrier: u64) -> bool {
        matches!(self.place, Place::Memory { serial } if serial <= barrier)
    }

    fn from(&self) -> From {
        match self.place {
            Place::Memory { .. } => From::Memory,
            Place::Disk(_) => From::Disk,
        }
    }
}

/// The lanes of all projects over one spool.
pub(super) struct Backlog {
    lanes: HashMap<Arc<str>, Lane>,
    spool: Option<Spool>,
    backoff: Backoff,
    ledger: Arc<Ledger>,
    serial: u64,
}

impl Backlog {
    /// Starts with the spool's contents.
    pub fn new(spool: Option<(Spool, Vec<Entry>)>, backoff: Backoff, ledger: Arc<Ledger>) -> Self {
        let mut lanes: HashMap<Arc<str>, Lane> = HashMap::new();
        let spool = spool.map(|(spool, entries)| {
            for entry in entries {
                ledger.restored(entry.count);
                lanes
                    .entry(Arc::clone(&entry.project))
                    .or_default()
                    .disk
                    .push_back(entry);
            }
            spool
        });
        Self {
            lanes,
            spool,
            backoff,
            ledger,
            serial: 0,
        }
    }

    /// Adds a sealed batch.
    pub fn add(&mut self, batch: Batch) {
        self.serial += 1;
        let queued = Queued {
            serial: self.serial,
            batch: Arc::new(batch),
        };
        self.lane(&Arc::clone(&queued.batch.project))
            .memory
            .push_back(queued);
    }

    /// Returns the serial of the last batch that was added.
    pub fn last_serial(&self) -> u64 {
        self.serial
    }

    /// Returns the batch to send next. Batches on disk come first, oldest first, and stay there if `from_disk` is
    /// false.
    pub fn next(&mut self, now: Instant, from_disk: bool) -> Option<Parcel> {
        loop {
            let turns = self
                .lanes
                .iter()
                .filter_map(|(project, lane)| Some((lane.turn(now, from_disk)?, project)));
            let (turn, project) = turns.min_by_key(|(turn, _)| *turn)?;
            let project = Arc::clone(project);
            if let Some(parcel) = self.pick(&project, turn) {
                self.lane(&project).busy = true;
                return Some(parcel);
            }
        }
    }

    fn pick(&mut self, project: &Arc<str>, turn: QueuePosition) -> Option<Parcel> {
        let lane = self.lanes.get_mut(project)?;
        if let QueuePosition::Memory(serial) = turn {
            let batch = lane.memory.pop_front()?.batch;
            return Some(Parcel {
                batch,
                place: Place::Memory { serial },
            });
        }
        let entry = lane.disk.pop_front()?;
        let batch = self.spool.as_mut().and_then(|spool| spool.load(&entry));
        if batch.is_none() {
            self.ledger.lost(project, "", entry.count, From::Disk);
        }
        Some(Parcel {
            batch: Arc::new(batch?),
            place: Place::Disk(entry),
        })
    }

    /// Settles a batch that the server recorded.
    pub fn delivered(&mut self, parcel: Parcel) {
        self.ledger.delivered(parcel.batch.count(), parcel.from());
        self.leave(&parcel.batch.project);
        self.forget(parcel);
    }

    /// Handles a refusal: the batch's halves take its place, or a single message is settled.
    pub fn refused(&mut self, parcel: Parcel, status: u16, now: Instant) {
        let batch = Arc::clone(&parcel.batch);
        self.leave(&batch.project);
        let Some(halves) = batch.halves() else {
            self.ledger
                .refused(&batch.project, &batch.first_code(), status, parcel.from());
            return self.forget(parcel);
        };
        match parcel.place {
            Place::Memory { serial } => {
                let memory = &mut self.lane(&batch.project).memory;
                for half in halves.into_iter().rev() {
                    memory.push_front(Queued {
                        serial,
                        batch: Arc::new(half),
                    });
                }
            }
            Place::Disk(entry) => {
                let entries = self
                    .spool
                    .as_mut()
                    .and_then(|spool| spool.replace(&entry, &halves, now));
                let Some(entries) = entries else {
                    self.lane(&batch.project).disk.push_front(entry);
                    return self.hold(&batch.project, Wait::Slow, now);
                };
                let disk = &mut self.lane(&batch.project).disk;
                for entry in entries.into_iter().rev() {
                    disk.push_front(entry);
                }
            }
        }
    }

    /// Returns a batch that has to be resent; behind the others of its project if it is `suspect` of making the server
    /// fail. A batch in memory moves to the spool if it can.
    pub fn put_back(&mut self, mut parcel: Parcel, suspect: bool, now: Instant) {
        self.persist(&mut parcel, now);
        let Parcel { batch, place } = parcel;
        let lane = self.lane(&batch.project);
        lane.busy = false;
        match (place, suspect) {
            (Place::Memory { serial }, false) => lane.memory.push_front(Queued { serial, batch }),
            (Place::Memory { serial }, true) => lane.memory.push_back(Queued { serial, batch }),
            (Place::Disk(entry), false) => lane.disk.push_front(entry),
            (Place::Disk(entry), true) => lane.disk.push_back(entry),
        }
    }

    /// Makes a project wait, longer with each consecutive time.
    pub fn hold(&mut self, project: &Arc<str>, wait: Wait, now: Instant) {
        let backoff = self.backoff;
        let lane = self.lane(project);
        lane.failures = lane.failures.saturating_add(1);
        lane.held_until = Some(now + backoff.delay(wait, lane.failures));
    }

    /// Moves batches in memory to the spool: all of them, or only those whose project is held.
    pub fn spill(&mut self, now: Instant, everything: bool) {
        let Some(spool) = self.spool.as_mut() else { return };
        for lane in self
            .lanes
            .values_mut()
            .filter(|lane| everything || lane.is_held(now))
        {
            while let Some(queued) = lane.memory.front() {
                let Some(entry) = spool.store(&queued.batch, now) else {
                    return;
                };
                self.ledger.spilled(entry.count);
                lane.disk.push_back(entry);
                lane.memory.pop_front();
            }
        }
    }

    /// Writes a batch in flight to the spool too, so that it survives if the answer is lost.
    pub fn persist(&mut self, parcel: &mut Parcel, now: Instant) {
        if let (Place::Memory { .. }, Some(spool)) = (&parcel.place, self.spool.as_mut())
            && let Some(entry) = spool.store(&parcel.batch, now)
        {
            self.ledger.spilled(entry.count);
            parcel.place = Place::Disk(entry);
        }
    }

    /// Whether a batch sealed no later than `barrier` is only in memory, not counting those in flight.
    pub fn waits_in_memory(&self, barrier: u64) -> bool {
        self.lanes
            .values()
            .flat_map(|lane| &lane.memory)
            .any(|queued| queued.serial <= barrier)
    }

    /// Returns when the next held project, or a failed disk, may be retried.
    pub fn next_change(&self, now: Instant) -> Option<Instant> {
        let holds = self.lanes.values().filter_map(|lane| lane.held_until);
        let pause = self.spool.as_ref().and_then(Spool::paused_until);
        holds.chain(pause).filter(|at| *at > now).min()
    }

    /// Drops projects that have nothing left.
    pub fn tidy(&mut self, now: Instant) {
        self.lanes.retain(|_, lane| !lane.is_idle(now));
    }

    /// Discards everything in memory and returns the number of lost messages.
    pub fn abandon(&mut self, under_way: impl Iterator<Item = Parcel>) -> u64 {
        let under_way = under_way
            .filter(|parcel| parcel.waits_in_memory(u64::MAX))
            .map(|parcel| parcel.batch);
        let waiting = self
            .lanes
            .values_mut()
            .flat_map(|lane| lane.memory.drain(..))
            .map(|queued| queued.batch);
        let mut lost = 0;
        for batch in under_way.chain(waiting) {
            lost += batch.count();
            self.ledger
                .lost(&batch.project, &batch.first_code(), batch.count(), From::Memory);
        }
        lost
    }

    /// Marks the project as idle and in good standing with the server.
    fn leave(&mut self, project: &Arc<str>) {
        let lane = self.lane(project);
        lane.busy = false;
        lane.failures = 0;
    }

    fn forget(&mut self, parcel: Parcel) {
        if let (Place::Disk(entry), Some(spool)) = (parcel.place, self.spool.as_mut()) {
            spool.remove(&entry);
        }
    }

    fn lane(&mut self, project: &Arc<str>) -> &mut Lane {
        self.lanes.entry(Arc::clone(project)).or_default()
    }
}
