//! Fair scheduling of searches.
//!
//! A search may occupy a reader for seconds. Each project has a lane, as has each domain and as have admins who search all
//! projects. A lane takes half of the readers at most, and all lanes together leave one to short reads. Further searches wait
//! in their lane, and the lanes take turns.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::reading::{Pool, Ran, Reading};
use super::threads::Reservation;
use crate::message::Scope;
use crate::store::connection::Conn;
use crate::store::error::Error;

/// The most searches that may wait in one lane.
const LONGEST_QUEUE: usize = 64;

/// Whose searches share a limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::store) enum Lane {
    Project(String),
    /// A domain, identified by its first project.
    Domain(String),
    All,
}

impl Lane {
    pub(in crate::store) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::Project(project) => Self::Project(project.clone()),
            Scope::Projects(projects) => Self::Domain(projects.first().cloned().unwrap_or_default()),
            Scope::All => Self::All,
        }
    }
}

pub(super) struct Lanes {
    pool: Pool,
    /// The most searches that may run at once: of one lane, and in all.
    each: usize,
    total: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    queues: HashMap<Lane, Queue>,
    /// The lanes with waiting searches, the next one first.
    next: VecDeque<Lane>,
    /// Whether a thread is in `start`: a start that fails must not call it again.
    is_starting: bool,
    is_closed: bool,
}

#[derive(Default)]
struct Queue {
    running: usize,
    waiting: VecDeque<Box<dyn Reading>>,
}

/// A search in the pool. Dropping it lets the next one start; one that has not run by then is refused.
struct Running {
    slot: Arc<LaneSlot>,
    job: Box<dyn Reading>,
    has_run: bool,
}

/// A running search's share of its lane, which a thread that hangs does not keep.
struct LaneSlot {
    lane: Lane,
    lanes: Arc<Lanes>,
    is_free: AtomicBool,
}

impl Lanes {
    pub(super) fn new(pool: Pool, readers: usize) -> Self {
        Self {
            pool,
            each: (readers / 2).max(1),
            total: readers.saturating_sub(1).max(1),
            state: Mutex::default(),
        }
    }

    /// Runs a search as soon as its lane allows.
    pub(super) fn enter(self: &Arc<Self>, lane: Lane, job: Box<dyn Reading>) -> Result<(), Error> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(Error::closed());
        }
        let queue = state.queues.entry(lane.clone()).or_default();
        queue.waiting.retain(|job| job.is_wanted());
        if queue.waiting.len() == LONGEST_QUEUE {
            return Err(Error::Busy(
                "too many searches of the project are waiting".to_owned(),
            ));
        }
        queue.waiting.push_back(job);
        if !state.next.contains(&lane) {
            state.next.push_back(lane);
        }
        drop(state);
        self.start();
        Ok(())
    }

    /// Drops all waiting searches and accepts no more.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        state.next.clear();
        state.queues.values_mut().for_each(|queue| queue.waiting.clear());
    }

    /// Starts waiting searches, as far as the limits allow.
    fn start(self: &Arc<Self>) {
        let mut state = self.state.lock();
        if state.is_starting {
            return;
        }
        state.is_starting = true;
        while let Some((lane, job)) = state.next(self.each, self.total) {
            drop(state);
            let slot = Arc::new(LaneSlot {
                lane,
                lanes: Arc::clone(self),
                is_free: AtomicBool::new(false),
            });
            let submitted = self.pool.submit(Box::new(Running {
                slot,
                job,
                has_run: false,
            }));
            state = self.state.lock();
            // The readers' queue is full. The next search that ends starts the rest; if none is running, go on.
            if submitted.is_err() && state.running > 0 {
                break;
            }
        }
        state.is_starting = false;
    }
}

impl State {
    /// Takes the next search that may run, if any.
    fn next(&mut self, each: usize, total: usize) -> Option<(Lane, Box<dyn Reading>)> {
        for _ in 0..self.next.len() {
            if self.running >= total {
                return None;
            }
            let lane = self.next.pop_front()?;
            let Some(queue) = self.queues.get_mut(&lane) else {
                continue;
            };
            let job = if queue.running < each {
                queue.waiting.retain(|job| job.is_wanted());
                queue.waiting.pop_front()
            } else {
                None
            };
            if job.is_some() {
                queue.running += 1;
                self.running += 1;
            }
            if !queue.waiting.is_empty() {
                self.next.push_back(lane.clone());
            } else if queue.running == 0 {
                self.queues.remove(&lane);
            }
            if let Some(job) = job {
                return Some((lane, job));
            }
        }
        None
    }

    fn finish(&mut self, lane: &Lane) {
        self.running = self.running.saturating_sub(1);
        if let Some(queue) = self.queues.get_mut(lane) {
            queue.running = queue.running.saturating_sub(1);
            if queue.running == 0 && queue.waiting.is_empty() {
                self.queues.remove(lane);
            }
        }
    }
}

impl Reading for Running {
    fn is_wanted(&self) -> bool {
        self.job.is_wanted()
    }

    fn refuse(&mut self, error: Error) {
        self.job.refuse(error);
    }

    fn run(&mut self, conn: Result<&mut Conn, Error>, is_last: bool) -> Ran {
        self.has_run = true;
        self.job.run(conn, is_last)
    }

    fn reservation(&self) -> Option<Arc<dyn Reservation>> {
        Some(Arc::<LaneSlot>::clone(&self.slot))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let is_closed = self.slot.lanes.state.lock().is_closed;
        if !self.has_run && !is_closed {
            self.job
                .refuse(Error::Busy("too many reads are waiting".to_owned()));
        }
        self.slot.release();
    }
}

impl Reservation for LaneSlot {
    fn release(&self) {
        if !self.is_free.swap(true, Ordering::SeqCst) {
            self.lanes.state.lock().finish(&self.lane);
            self.lanes.start();
        }
    }
}
