//! The threads that write.
//!
//! Whatever waits when one becomes free is committed together where that can be done. SQLite has one such thread, a
//! server may have several.

#[cfg(feature = "sqlite")]
mod embedded;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::Settings;
use super::backend::{Conn, Purpose};
use super::error::Error;
use super::recorder::Recording;
use super::threads::Threads;
use crate::telemetry::Metrics;

/// A closure to run in a transaction, and somebody to tell.
pub(super) trait Work: Send {
    /// Does it beside others of the same transaction, in a savepoint. An error means that the transaction cannot be
    /// relied on any more; what concerns only this caller is kept for `finish`. May run more than once.
    #[cfg(feature = "sqlite")]
    fn run_beside_others(&mut self, conn: &mut Conn) -> Result<(), Error>;

    /// Does it in a transaction of its own, which is to be committed unless there is an error. May run more than once.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn run_alone(&mut self, conn: &mut Conn) -> Result<(), Error>;

    /// Whether the caller was told that it failed, after the `deadline`.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn is_given_up(&self, deadline: Duration) -> bool;

    /// Tells the caller, after the commit or when there will be none.
    fn finish(self: Box<Self>, committed: Result<(), Error>);
}

/// Something to write.
pub(super) enum Job {
    /// Messages: those of many callers go together.
    Record(Box<Recording>),
    /// Anything else.
    Write(Box<dyn Work>),
}

impl Job {
    /// About how many rows it writes.
    fn size(&self) -> usize {
        match self {
            Self::Record(recording) => recording.size(),
            Self::Write(_) => 1,
        }
    }

    #[cfg(feature = "sqlite")]
    fn finish(self, committed: Result<(), Error>) {
        match self {
            Self::Record(recording) => recording.finish(committed),
            Self::Write(work) => work.finish(committed),
        }
    }
}

enum Order {
    Do(Job),
    Stop,
}

pub(super) struct Writer {
    orders: Sender<Order>,
    threads: Threads,
}

/// What commits jobs, of either kind of database.
enum Engine {
    #[cfg(feature = "sqlite")]
    Embedded(embedded::Embedded),
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    Server(server::Server),
}

impl Writer {
    pub(super) fn start(settings: &Settings, metrics: &Metrics) -> Result<Self, Error> {
        let (orders, receiver) = crossbeam_channel::bounded(settings.max_queue);
        let mut threads = Vec::with_capacity(settings.writers);
        for number in 0..settings.writers {
            let engine = Engine::open(settings, metrics)?;
            let (orders, max_batch) = (receiver.clone(), settings.max_batch);
            let thread = std::thread::Builder::new()
                .name(format!("store-writer-{number}"))
                .spawn(move || run(engine, &orders, max_batch))
                .map_err(|error| Error::Unavailable(format!("no thread for a writer: {error}")))?;
            threads.push(thread);
        }
        Ok(Self {
            orders,
            threads: Threads::new(threads, settings.deadline()),
        })
    }

    pub(super) fn submit(&self, job: Job) -> Result<(), Error> {
        self.orders.try_send(Order::Do(job)).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy("too many writes are waiting".to_owned()),
            TrySendError::Disconnected(_) => Error::Unavailable("the store is closed".to_owned()),
        })
    }

    pub(super) fn queue(&self) -> usize {
        self.orders.len()
    }

    pub(super) fn close(&self) {
        self.threads.stop(&self.orders, || Order::Stop);
    }
}

impl Engine {
    fn open(settings: &Settings, metrics: &Metrics) -> Result<Self, Error> {
        match settings.backend.connect(Purpose::Write)? {
            #[cfg(feature = "sqlite")]
            conn @ Conn::Sqlite(_) => Ok(Self::Embedded(embedded::Embedded::new(conn, settings, metrics))),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => server::Server::open(settings, metrics).map(Self::Server),
        }
    }

    /// Whether another job may join these. With a server a closure is a transaction of its own, so those that wait behind
    /// it are better off with another thread.
    fn takes_more(&self, jobs: &[Job]) -> bool {
        let takes_all = match self {
            #[cfg(feature = "sqlite")]
            Self::Embedded(_) => true,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(_) => false,
        };
        takes_all || !matches!(jobs.last(), Some(Job::Write(_)))
    }

    fn commit(&mut self, jobs: Vec<Job>, size: usize) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Embedded(embedded) => embedded.commit(jobs, size),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(server) => server.commit(jobs, size),
        }
    }
}

fn run(mut engine: Engine, orders: &Receiver<Order>, max_batch: usize) {
    while let Ok(Order::Do(first)) = orders.recv() {
        let mut size = first.size();
        let mut jobs = vec![first];
        let mut stop = false;
        while size < max_batch && engine.takes_more(&jobs) {
            match orders.try_recv() {
                Ok(Order::Do(job)) => {
                    size += job.size();
                    jobs.push(job);
                }
                Ok(Order::Stop) => {
                    stop = true;
                    break;
                }
                Err(_) => break,
            }
        }
        engine.commit(jobs, size);
        if stop {
            break;
        }
    }
}
