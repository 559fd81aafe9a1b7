//! Whose search is next.
//!
//! A search may keep a reader busy for seconds. Each project has a lane, and so have each domain and the admins who look at all projects:
//! a lane takes half of the readers at most, all lanes together leave one to the short reads. Searches beyond that wait
//! in their lane, and the lanes take turns.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backend::Conn;
use super::error::Error;
use super::job::{Job, Pool, Ran};
use super::threads::Share;
use crate::message::Scope;

/// Searches that wait in one lane at most.
const LONGEST_QUEUE: usize = 64;

/// Whose searches wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Project(String),
    /// A domain's, known by the first of its projects.
    Domain(String),
    All,
}

impl Lane {
    pub(super) fn of(scope: &Scope) -> Self {
        match scope {
            Scope::Project(project) => Self::Project(project.clone()),
            Scope::Projects(projects) => Self::Domain(projects.first().cloned().unwrap_or_default()),
            Scope::All => Self::All,
        }
    }
}

pub(super) struct Lanes {
    pool: Pool,
    /// Searches that run at the same time: of one lane, and in all.
    each: usize,
    total: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    queues: HashMap<Lane, Queue>,
    /// The lanes in which a search waits, in the order of their turns.
    turns: VecDeque<Lane>,
    /// Whether somebody is starting what waits. It keeps a start that fails from starting the next within itself.
    is_starting: bool,
    is_closed: bool,
}

#[derive(Default)]
struct Queue {
    running: usize,
    waiting: VecDeque<Box<dyn Job>>,
}

/// A search that runs. Dropped, it makes room for the next; dropped before it ran, it is refused.
struct Running {
    slot: Arc<Slot>,
    job: Box<dyn Job>,
    has_run: bool,
}

/// The room that a search takes, which a thread that hangs does not keep.
struct Slot {
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

    /// Runs a search when it is its turn.
    pub(super) fn enter(self: &Arc<Self>, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        let mut state = lock(&self.state);
        if state.is_closed {
            return Err(Error::Unavailable("the store is closed".to_owned()));
        }
        let queue = state.queues.entry(lane.clone()).or_default();
        // Those that nobody waits for keep no place.
        queue.waiting.retain(|job| job.is_wanted());
        if queue.waiting.len() == LONGEST_QUEUE {
            return Err(Error::Busy(
                "too many searches of the project are waiting".to_owned(),
            ));
        }
        queue.waiting.push_back(job);
        if !state.turns.contains(&lane) {
            state.turns.push_back(lane);
        }
        drop(state);
        self.start();
        Ok(())
    }

    /// Lets go of what waits and takes nothing more.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.turns.clear();
        for queue in state.queues.values_mut() {
            queue.waiting.clear();
        }
    }

    /// Starts what waits, as far as there is room.
    fn start(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        if state.is_starting {
            return;
        }
        state.is_starting = true;
        while let Some((lane, job)) = state.next(self.each, self.total) {
            drop(state);
            let slot = Arc::new(Slot {
                lane,
                lanes: Arc::clone(self),
                is_free: AtomicBool::new(false),
            });
            let submitted = self.pool.submit(Box::new(Running {
                slot,
                job,
                has_run: false,
            }));
            state = lock(&self.state);
            // The readers' queue is full. The next search that ends starts the rest; where none runs, nobody would.
            if submitted.is_err() && state.running > 0 {
                break;
            }
        }
        state.is_starting = false;
    }
}

impl State {
    /// Takes the search whose turn it is, if one may run.
    fn next(&mut self, each: usize, total: usize) -> Option<(Lane, Box<dyn Job>)> {
        for _ in 0..self.turns.len() {
            if self.running >= total {
                return None;
            }
            let lane = self.turns.pop_front()?;
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
                self.turns.push_back(lane.clone());
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

impl Job for Running {
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

    fn share(&self) -> Option<Arc<dyn Share>> {
        Some(Arc::<Slot>::clone(&self.slot))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let is_closed = lock(&self.slot.lanes.state).is_closed;
        if !self.has_run && !is_closed {
            self.job
                .refuse(Error::Busy("too many reads are waiting".to_owned()));
        }
        self.slot.give_back();
    }
}

impl Share for Slot {
    fn give_back(&self) {
        if !self.is_free.swap(true, Ordering::SeqCst) {
            lock(&self.lanes.state).finish(&self.lane);
            self.lanes.start();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
