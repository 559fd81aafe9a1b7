//! The threads that write.
//!
//! Whatever waits when one becomes free is committed together where that can be done. SQLite has one such thread, a
//! server may have several.

#[cfg(feature = "sqlite")]
mod embedded;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;

use std::sync::Arc;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::Duration;

use crossbeam_channel::{Receiver, TrySendError};

use super::activity::Activity;
use super::backend::Conn;
use super::error::Error;
use super::local::Local;
use super::recorder::Recording;
use super::settings::Settings;
use super::sides::Sides;
use super::threads::{Held, Order, Threads, Worker};
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

    /// Wakes those who wait for what was committed, and tells the caller, after the commit or when there will be none.
    fn finish(self: Box<Self>, committed: Result<(), Error>, activity: &Activity);
}

/// Something to write.
pub(super) enum Job {
    /// Messages: those of many callers go together.
    Record(Box<Recording>),
    /// Anything else.
    Write(Box<dyn Work>),
}

impl Held for Job {}

impl Job {
    /// About how many rows it writes.
    fn size(&self) -> usize {
        match self {
            Self::Record(recording) => recording.size(),
            Self::Write(_) => 1,
        }
    }

    #[cfg(feature = "sqlite")]
    fn finish(self, committed: Result<(), Error>, activity: &Activity) {
        match self {
            Self::Record(recording) => recording.finish(committed, activity),
            Self::Write(work) => work.finish(committed, activity),
        }
    }
}

pub(super) struct Writer {
    threads: Threads<Job>,
}

struct Committer {
    engine: Engine,
    max_batch: usize,
    /// Where a checkpointer goes between commits.
    local: Option<Arc<Local>>,
}

/// What commits jobs, of either kind of database.
enum Engine {
    #[cfg(feature = "sqlite")]
    Embedded(embedded::Embedded),
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    Server(server::Server),
}

impl Writer {
    pub(super) fn start(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        local: Option<&Arc<Local>>,
        sides: &Arc<Sides>,
    ) -> Result<Self, Error> {
        let (own, metrics, local) = (settings.clone(), metrics.clone(), local.cloned());
        let (activity, sides) = (activity.clone(), Arc::clone(sides));
        let make = move || {
            let committer = Committer {
                engine: Engine::open(&own, &metrics, &activity, local.as_ref(), &sides)?,
                max_batch: own.max_batch,
                local: local.clone(),
            };
            Ok(Box::new(committer) as Box<dyn Worker<Job>>)
        };
        let (count, queue) = (settings.writers, settings.max_queue);
        let threads = Threads::start("store-writer", count, queue, settings.deadline(), make)?;
        Ok(Self { threads })
    }

    pub(super) fn submit(&self, job: Job) -> Result<(), Error> {
        self.threads.submit(job).map_err(|error| match error {
            TrySendError::Full(()) => Error::Busy("too many writes are waiting".to_owned()),
            TrySendError::Disconnected(()) => Error::Unavailable("the store is closed".to_owned()),
        })
    }

    pub(super) fn queue(&self) -> usize {
        self.threads.queue()
    }

    pub(super) fn close(&self) {
        self.threads.stop();
    }
}

impl Engine {
    fn open(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        local: Option<&Arc<Local>>,
        sides: &Arc<Sides>,
    ) -> Result<Self, Error> {
        let _ = sides;
        match local {
            #[cfg(feature = "sqlite")]
            Some(local) => embedded::Embedded::open(settings, metrics, activity, local).map(Self::Embedded),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            None => server::Server::open(settings, metrics, activity, sides).map(Self::Server),
            #[cfg(not(all(feature = "sqlite", any(feature = "postgres", feature = "mysql"))))]
            _ => Err(Error::Broken("this build lacks that database".to_owned())),
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

    fn keep(&mut self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Embedded(_) => {}
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(server) => server.keep(),
        }
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

impl Worker<Job> for Committer {
    fn work(&mut self, first: Job, orders: &Receiver<Order<Job>>) -> bool {
        let _turn = self.local.as_ref().map(|local| local.turns.commit());
        let mut size = first.size();
        let mut jobs = vec![first];
        let mut is_to_stop = false;
        while size < self.max_batch && self.engine.takes_more(&jobs) {
            match orders.try_recv() {
                Ok(Order::Do(job)) => {
                    size += job.size();
                    jobs.push(job);
                }
                Ok(Order::Stop) => {
                    is_to_stop = true;
                    break;
                }
                Err(_) => break,
            }
        }
        self.engine.commit(jobs, size);
        is_to_stop
    }

    fn keep(&mut self) {
        self.engine.keep();
    }
}
