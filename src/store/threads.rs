//! The store's threads: each owns a connection for life, and all of a kind take from one queue.
//!
//! A server that goes silent without closing its connections (a host that lost its power, behind an address that another
//! took over) would keep the threads that wait for it for as long as TCP does, a quarter of an hour and more. Such a
//! thread is left to itself, and another takes its place as soon as a new connection can be made.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};

use super::error::Error;

/// How often a thread is looked at that takes its time to stop.
const LOOK: Duration = Duration::from_millis(10);

/// Threads that may be left to themselves at once, for each one that works: what hangs costs memory and a connection. Beyond
/// that one follows every [`SLOWLY`] times the time that a caller waits, so that the service goes on however long it runs.
const LEFT_BEHIND: usize = 3;
const SLOWLY: u32 = 4;

/// A thread without work uses its connection this often: no firewall on the way forgets it, and a switchover is noticed.
const AWAKE: Duration = Duration::from_secs(5);

/// What a thread takes from its queue.
pub(super) enum Order<J> {
    Do(J),
    Stop,
}

/// What a thread does with a job.
pub(super) trait Worker<J>: Send {
    /// Does the job, and of those that wait behind it what goes with it. Gives whether it met an order to stop there.
    fn work(&mut self, first: J, orders: &Receiver<Order<J>>) -> bool;

    /// Uses its connection to a server while there is nothing to do.
    fn keep(&mut self);
}

/// A job as its thread sees it.
pub(super) trait Held: Send {
    /// What the job takes from others while it runs, to be given back when its thread is left to itself.
    fn share(&self) -> Option<Arc<dyn Share>> {
        None
    }
}

/// Something that a job has while it runs.
pub(super) trait Share: Send + Sync {
    /// Gives it back; nothing happens the second time.
    fn give_back(&self);
}

/// Makes what a thread works with, its connection first of all.
type Make<J> = Box<dyn Fn() -> Result<Box<dyn Worker<J>>, Error> + Send + Sync>;

/// The threads of a kind.
pub(super) struct Threads<J> {
    orders: Sender<Order<J>>,
    crew: Arc<Crew<J>>,
    /// Dropped to let the one go that watches the others.
    watch: Mutex<Option<Sender<()>>>,
    /// A thread that hangs keeps the queue alive.
    is_closed: AtomicBool,
}

struct Crew<J> {
    name: &'static str,
    make: Make<J>,
    /// How long they may take, where they wait for a server: one that hangs never answers. As long as it takes, when
    /// none.
    patience: Option<Duration>,
    members: Mutex<Members<J>>,
}

struct Members<J> {
    /// None once the store is closed: with the last thread the queue goes, and whoever waits in it is told.
    orders: Option<Receiver<Order<J>>>,
    working: Vec<Member>,
    /// Those that others took the place of.
    left: Vec<JoinHandle<()>>,
    /// When the last of them was left.
    left_at: Option<Instant>,
    /// Who makes connections for those that take their places, and since when. That may hang, too.
    helper: Option<(JoinHandle<()>, Instant)>,
}

struct Member {
    thread: JoinHandle<()>,
    place: Arc<Mutex<Place>>,
}

/// What a thread shows of itself.
#[derive(Default)]
struct Place {
    busy_since: Option<Instant>,
    /// What its job has.
    share: Option<Arc<dyn Share>>,
    /// Whether another has it; the thread ends after its job, if that ever ends.
    is_taken: bool,
}

impl<J: Held + 'static> Threads<J> {
    /// Starts `count` threads, whose queue takes `queue` orders.
    pub(super) fn start(
        name: &'static str,
        count: usize,
        queue: usize,
        patience: Option<Duration>,
        make: impl Fn() -> Result<Box<dyn Worker<J>>, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let (orders, receiver) = crossbeam_channel::bounded(queue);
        let mut crew = Crew {
            name,
            make: Box::new(make),
            patience,
            members: Mutex::new(Members {
                orders: Some(receiver.clone()),
                working: Vec::with_capacity(count),
                left: Vec::new(),
                left_at: None,
                helper: None,
            }),
        };
        for _ in 0..count {
            let member = crew.employ((crew.make)()?, receiver.clone())?;
            let members = crew.members.get_mut().unwrap_or_else(PoisonError::into_inner);
            members.working.push(member);
        }
        let crew = Arc::new(crew);
        let watch = patience.map(|patience| crew.watch(patience)).transpose()?;
        Ok(Self {
            orders,
            crew,
            watch: Mutex::new(watch),
            is_closed: AtomicBool::new(false),
        })
    }

    /// Puts a job into the queue.
    pub(super) fn submit(&self, job: J) -> Result<(), TrySendError<()>> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(TrySendError::Disconnected(()));
        }
        self.orders.try_send(Order::Do(job)).map_err(|error| match error {
            TrySendError::Full(_) => TrySendError::Full(()),
            TrySendError::Disconnected(_) => TrySendError::Disconnected(()),
        })
    }

    /// How many jobs wait.
    pub(super) fn queue(&self) -> usize {
        self.orders.len()
    }

    /// Sends each the order to stop, behind what was ordered before, and waits for it.
    pub(super) fn stop(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        drop(lock(&self.watch).take());
        let working = {
            let mut members = self.crew.members();
            members.orders = None;
            std::mem::take(&mut members.working)
        };
        let until = self.crew.patience.map(|patience| Instant::now() + patience);
        for _ in &working {
            // Fails when the threads are gone, which is what is wanted, and when they hang, which shows below.
            let _ = match until {
                None => self.orders.send(Order::Stop).is_ok(),
                Some(until) => self.orders.send_deadline(Order::Stop, until).is_ok(),
            };
        }
        for Member { thread, .. } in working {
            while let Some(until) = until
                && !thread.is_finished()
                && Instant::now() < until
            {
                std::thread::sleep(LOOK);
            }
            if until.is_some() && !thread.is_finished() {
                tracing::warn!("a thread that waits for the database is left behind");
            } else if thread.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
    }
}

impl<J: Held + 'static> Crew<J> {
    fn members(&self) -> MutexGuard<'_, Members<J>> {
        lock(&self.members)
    }

    /// Lets a worker work.
    fn employ(&self, worker: Box<dyn Worker<J>>, orders: Receiver<Order<J>>) -> Result<Member, Error> {
        let place = Arc::<Mutex<Place>>::default();
        let shown = Arc::clone(&place);
        // Nobody forgets an embedded database.
        let awake = self.patience.map_or(Duration::MAX, |_| AWAKE);
        let thread = Builder::new()
            .name(self.name.to_owned())
            .spawn(move || run(worker, &orders, &shown, awake))
            .map_err(|error| Error::Unavailable(format!("no thread for the store: {error}")))?;
        Ok(Member { thread, place })
    }

    /// Starts the one that looks for threads that hang, until what it gives is dropped.
    fn watch(self: &Arc<Self>, patience: Duration) -> Result<Sender<()>, Error> {
        let (stop, stopped) = crossbeam_channel::bounded(0);
        let crew = Arc::clone(self);
        Builder::new()
            .name("store-watch".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(patience / 4) == Err(RecvTimeoutError::Timeout) {
                    if crew.has_hanging(patience * 2)
                        && let Err(error) = crew.help(patience * 2)
                    {
                        tracing::debug!(%error, "nobody looks for another in the place of a thread that hangs");
                    }
                }
            })
            .map_err(|error| Error::Unavailable(format!("no thread for the store: {error}")))?;
        Ok(stop)
    }

    /// Whether a thread has been at one job for `too_long`, and another may take its place.
    fn has_hanging(&self, too_long: Duration) -> bool {
        let mut members = self.members();
        members.left.retain(|thread| !thread.is_finished());
        let is_free = members.left.len() < members.working.len() * LEFT_BEHIND
            || members
                .left_at
                .is_none_or(|at| at.elapsed() >= too_long * SLOWLY / 2);
        is_free && members.working.iter().any(|member| member.hangs(too_long))
    }

    /// Has a thread of its own replace those that hang, unless one is at it.
    fn help(self: &Arc<Self>, too_long: Duration) -> io::Result<()> {
        let mut members = self.members();
        if let Some((helper, since)) = members.helper.take()
            && !helper.is_finished()
        {
            if since.elapsed() < too_long {
                members.helper = Some((helper, since));
                return Ok(());
            }
            members.left.push(helper);
        }
        let crew = Arc::clone(self);
        let helper = Builder::new().name("store-helper".to_owned()).spawn(move || {
            while crew.has_hanging(too_long) {
                if let Err(error) = crew.replace(too_long) {
                    tracing::debug!(%error, "none can take the place of a thread that hangs");
                    break;
                }
            }
        })?;
        members.helper = Some((helper, Instant::now()));
        Ok(())
    }

    /// Gives the place of a thread that hangs to another, if the database takes a new connection.
    fn replace(&self, too_long: Duration) -> Result<(), Error> {
        // As long as that takes, nobody else is kept waiting.
        let worker = (self.make)()?;
        let mut members = self.members();
        let Members {
            orders,
            working,
            left,
            left_at,
            ..
        } = &mut *members;
        let hanging = working.iter_mut().find(|member| member.hangs(too_long));
        // It may have come back meanwhile, or the store may have been closed.
        let (Some(orders), Some(member)) = (orders, hanging) else {
            return Ok(());
        };
        let place = Arc::clone(&member.place);
        let mut place = lock(&place);
        if place.is_busy_for(too_long) {
            let new = self.employ(worker, orders.clone())?;
            place.is_taken = true;
            left.push(std::mem::replace(member, new).thread);
            *left_at = Some(Instant::now());
            let share = place.share.take();
            drop(place);
            if let Some(share) = share {
                share.give_back();
            }
            tracing::warn!(
                seconds = too_long.as_secs(),
                "the database has not answered a thread of the store; another takes its place"
            );
        }
        Ok(())
    }
}

impl Member {
    fn hangs(&self, too_long: Duration) -> bool {
        lock(&self.place).is_busy_for(too_long)
    }
}

impl Place {
    fn is_busy_for(&self, too_long: Duration) -> bool {
        self.busy_since.is_some_and(|since| since.elapsed() >= too_long)
    }
}

fn run<J: Held>(
    mut worker: Box<dyn Worker<J>>,
    orders: &Receiver<Order<J>>,
    place: &Mutex<Place>,
    awake: Duration,
) {
    loop {
        let (share, order) = match orders.recv_timeout(awake) {
            Ok(Order::Do(first)) => (first.share(), Some(first)),
            Err(RecvTimeoutError::Timeout) => (None, None),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        };
        {
            let mut place = lock(place);
            place.busy_since = Some(Instant::now());
            place.share = share;
        }
        let is_to_stop = if let Some(first) = order {
            worker.work(first, orders)
        } else {
            worker.keep();
            false
        };
        let mut place = lock(place);
        place.busy_since = None;
        place.share = None;
        if is_to_stop || place.is_taken {
            break;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
