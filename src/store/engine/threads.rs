//! The store's threads: each owns a connection for life, and all of a kind take from one queue.
//!
//! A server that stops answering without closing its connections (a host that lost its power, behind an address that another
//! host took over) would block the threads that wait for it for as long as TCP does, a quarter of an hour and more. Such a
//! thread is abandoned, and another replaces it as soon as a new connection can be made.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use parking_lot::Mutex;

use crate::store::error::Error;

/// How often a thread that is slow to stop is checked.
const LOOK: Duration = Duration::from_millis(10);

/// Abandoned threads allowed at once for each working one: each costs memory and a connection. Beyond that, one is replaced
/// every [`SLOWLY`] times the time that a caller waits, so that the service continues however long it runs.
const MOST_ABANDONED: usize = 3;
const SLOWLY: u32 = 4;

/// How often an idle thread uses its connection, so that no firewall on the way drops it and a switchover is noticed.
const AWAKE: Duration = Duration::from_secs(5);

/// What a thread takes from its queue.
pub(super) enum Order<J> {
    Do(J),
    Stop,
}

/// What a thread does with a job.
pub(super) trait Worker<J>: Send {
    /// Does the job, together with those behind it in the queue that belong with it. Returns whether it took an order to stop.
    fn work(&mut self, first: J, orders: &Receiver<Order<J>>) -> bool;

    /// Uses the connection to a server while idle.
    fn keep(&mut self);
}

/// A job in the queue.
pub(super) trait Queued: Send {
    /// What the job reserves while it runs; it is released if the thread is abandoned.
    fn reservation(&self) -> Option<Arc<dyn Reservation>> {
        None
    }
}

/// A limited resource that a job holds while it runs.
pub(super) trait Reservation: Send + Sync {
    /// Releases it; a second call does nothing.
    fn release(&self);
}

/// Makes a worker with its connection.
type Make<J> = Box<dyn Fn() -> Result<Box<dyn Worker<J>>, Error> + Send + Sync>;

/// The threads of a kind.
pub(super) struct Threads<J> {
    orders: Sender<Order<J>>,
    crew: Arc<Crew<J>>,
    /// Dropped to stop the thread that watches the others.
    watch: Mutex<Option<Sender<()>>>,
    /// Needed as a thread that hangs keeps the queue open.
    is_closed: AtomicBool,
}

struct Crew<J> {
    name: &'static str,
    make: Make<J>,
    /// How long a job may wait for a server. Unlimited for an embedded database.
    patience: Option<Duration>,
    members: Mutex<Members<J>>,
}

struct Members<J> {
    /// None once the store is closed.
    orders: Option<Receiver<Order<J>>>,
    working: Vec<Member>,
    /// Threads that hang and were replaced.
    abandoned: Vec<JoinHandle<()>>,
    /// When the last of them was abandoned.
    abandoned_at: Option<Instant>,
    /// The thread that connects replacements, and since when; it may hang as well.
    helper: Option<(JoinHandle<()>, Instant)>,
}

struct Member {
    thread: JoinHandle<()>,
    status: Arc<Mutex<Status>>,
}

/// What a thread shows to the others.
#[derive(Default)]
struct Status {
    busy_since: Option<Instant>,
    /// What its job holds.
    reservation: Option<Arc<dyn Reservation>>,
    /// Whether another thread has replaced it; it ends after its job, if that ever ends.
    is_replaced: bool,
}

impl<J: Queued + 'static> Threads<J> {
    /// Starts `count` threads with a queue for `queue` jobs.
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
                abandoned: Vec::new(),
                abandoned_at: None,
                helper: None,
            }),
        };
        for _ in 0..count {
            let member = crew.employ((crew.make)()?, receiver.clone())?;
            crew.members.get_mut().working.push(member);
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

    /// Puts a job into the queue when there is room for it.
    #[cfg(feature = "sqlite")]
    pub(super) fn submit_waiting(&self, job: J) -> Result<(), Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Error::closed());
        }
        self.orders.send(Order::Do(job)).map_err(|_| Error::closed())
    }

    /// The number of waiting jobs.
    pub(super) fn queue(&self) -> usize {
        self.orders.len()
    }

    /// Orders each thread to stop after the jobs submitted so far, and waits for it.
    pub(super) fn stop(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        drop(self.watch.lock().take());
        let (orders, working) = {
            let mut members = self.crew.members.lock();
            (members.orders.take(), std::mem::take(&mut members.working))
        };
        let until = self.crew.patience.map(|patience| Instant::now() + patience);
        for _ in &working {
            // Fails if the threads are gone or hang; the latter is handled below.
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
                tracing::warn!("a thread that waits for the database is abandoned");
            } else if thread.join().is_err() {
                tracing::error!("a thread of the store had panicked");
            }
        }
        // Jobs that came behind the orders to stop: dropping them is what their callers wait for. The channel would keep them
        // as long as there is a sender.
        if let Some(orders) = orders {
            orders.try_iter().for_each(drop);
        }
    }

    /// Whether [`Threads::stop`] has been called.
    #[cfg(feature = "sqlite")]
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}

impl<J: Queued + 'static> Crew<J> {
    /// Starts a worker's thread.
    fn employ(&self, worker: Box<dyn Worker<J>>, orders: Receiver<Order<J>>) -> Result<Member, Error> {
        let status = Arc::<Mutex<Status>>::default();
        let shown = Arc::clone(&status);
        let awake = self.patience.map_or(Duration::MAX, |_| AWAKE);
        let thread = Builder::new()
            .name(self.name.to_owned())
            .spawn(move || run(worker, &orders, &shown, awake))
            .map_err(|error| Error::Unavailable(format!("no thread for the store: {error}")))?;
        Ok(Member { thread, status })
    }

    /// Starts the thread that looks for those that hang, until the returned sender is dropped.
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
                        tracing::debug!(%error, "no thread can be started to replace one that hangs");
                    }
                }
            })
            .map_err(|error| Error::Unavailable(format!("no thread for the store: {error}")))?;
        Ok(stop)
    }

    /// Whether a thread has been at one job for `too_long`, and another may replace it.
    fn has_hanging(&self, too_long: Duration) -> bool {
        let mut members = self.members.lock();
        members.abandoned.retain(|thread| !thread.is_finished());
        let is_free = members.abandoned.len() < members.working.len() * MOST_ABANDONED
            || members
                .abandoned_at
                .is_none_or(|at| at.elapsed() >= too_long * SLOWLY / 2);
        is_free && members.working.iter().any(|member| member.hangs(too_long))
    }

    /// Starts a thread that replaces those that hang, unless there is one.
    fn help(self: &Arc<Self>, too_long: Duration) -> io::Result<()> {
        let mut members = self.members.lock();
        if let Some((helper, since)) = members.helper.take()
            && !helper.is_finished()
        {
            if since.elapsed() < too_long {
                members.helper = Some((helper, since));
                return Ok(());
            }
            members.abandoned.push(helper);
        }
        let crew = Arc::clone(self);
        let helper = Builder::new().name("store-helper".to_owned()).spawn(move || {
            while crew.has_hanging(too_long) {
                if let Err(error) = crew.replace(too_long) {
                    tracing::debug!(%error, "a thread that hangs cannot be replaced");
                    break;
                }
            }
        })?;
        members.helper = Some((helper, Instant::now()));
        Ok(())
    }

    /// Replaces a thread that hangs, if the database accepts a new connection.
    fn replace(&self, too_long: Duration) -> Result<(), Error> {
        // Without the lock, as connecting may take long.
        let worker = (self.make)()?;
        let mut members = self.members.lock();
        let Members {
            orders,
            working,
            abandoned,
            abandoned_at,
            ..
        } = &mut *members;
        let hanging = working.iter_mut().find(|member| member.hangs(too_long));
        // The thread may have recovered meanwhile, or the store may have been closed.
        let (Some(orders), Some(member)) = (orders, hanging) else {
            return Ok(());
        };
        let status = Arc::clone(&member.status);
        let mut status = status.lock();
        if status.is_busy_for(too_long) {
            let new = self.employ(worker, orders.clone())?;
            status.is_replaced = true;
            abandoned.push(std::mem::replace(member, new).thread);
            *abandoned_at = Some(Instant::now());
            let reservation = status.reservation.take();
            drop(status);
            if let Some(reservation) = reservation {
                reservation.release();
            }
            tracing::warn!(
                seconds = too_long.as_secs(),
                "the database has not answered a thread of the store; another replaces it"
            );
        }
        Ok(())
    }
}

impl Member {
    fn hangs(&self, too_long: Duration) -> bool {
        self.status.lock().is_busy_for(too_long)
    }
}

impl Status {
    fn is_busy_for(&self, too_long: Duration) -> bool {
        self.busy_since.is_some_and(|since| since.elapsed() >= too_long)
    }
}

fn run<J: Queued>(
    mut worker: Box<dyn Worker<J>>,
    orders: &Receiver<Order<J>>,
    status: &Mutex<Status>,
    awake: Duration,
) {
    loop {
        let (reservation, order) = match orders.recv_timeout(awake) {
            Ok(Order::Do(first)) => (first.reservation(), Some(first)),
            Err(RecvTimeoutError::Timeout) => (None, None),
            Ok(Order::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        };
        {
            let mut status = status.lock();
            status.busy_since = Some(Instant::now());
            status.reservation = reservation;
        }
        let is_to_stop = if let Some(first) = order {
            worker.work(first, orders)
        } else {
            worker.keep();
            false
        };
        let mut status = status.lock();
        status.busy_since = None;
        status.reservation = None;
        if is_to_stop || status.is_replaced {
            break;
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
#[path = "threads_tests.rs"]
mod tests;
