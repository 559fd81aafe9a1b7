//! The threads that write.
//!
//! A free thread commits everything that waits together, where that is possible. SQLite has one such thread, a server may
//! have several.

use std::sync::Arc;
#[cfg(feature = "sqlite")]
use std::time::Duration;

#[cfg(feature = "sqlite")]
use crossbeam_channel::RecvTimeoutError;
use crossbeam_channel::{Receiver, TrySendError};

use super::activity::Activity;
#[cfg(feature = "sqlite")]
use super::embedded::Embedded;
use super::files::Files;
use super::job::Job;
#[cfg(feature = "sqlite")]
use super::log_restart::LogRestart;
use super::routes::Routes;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::server::Server;
use super::threads::{Order, Threads, Worker};
use crate::store::error::Error;
use crate::store::settings::Settings;
use crate::telemetry::Metrics;

/// How often the wait for a restart of the log checks whether the writer is closed.
#[cfg(feature = "sqlite")]
const LOOK: Duration = Duration::from_millis(100);

/// Clones share the threads.
#[derive(Clone)]
pub(in crate::store) struct Writer {
    threads: Arc<Threads<Job>>,
}

struct Committer {
    engine: Engine,
    max_batch: usize,
}

/// What commits jobs, for either kind of database.
enum Engine {
    #[cfg(feature = "sqlite")]
    Embedded(Embedded),
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    Server(Server),
}

impl Writer {
    pub(in crate::store) fn start(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        files: Option<&Arc<Files>>,
        routes: &Arc<Routes>,
    ) -> Result<Self, Error> {
        let (own, metrics, files) = (settings.clone(), metrics.clone(), files.cloned());
        let (activity, routes) = (activity.clone(), Arc::clone(routes));
        let make = move || {
            let committer = Committer {
                engine: Engine::open(&own, &metrics, &activity, files.as_ref(), &routes)?,
                max_batch: own.max_batch,
            };
            Ok(Box::new(committer) as Box<dyn Worker<Job>>)
        };
        let (count, queue) = (settings.writers, settings.max_queue);
        let threads = Threads::start("store-writer", count, queue, settings.deadline(), make)?;
        Ok(Self {
            threads: Arc::new(threads),
        })
    }

    pub(in crate::store) fn submit(&self, job: Job) -> Result<(), Error> {
        self.threads.submit(job).map_err(|error| match error {
            TrySendError::Full(()) => Error::Busy("too many writes are waiting".to_owned()),
            TrySendError::Disconnected(()) => Error::closed(),
        })
    }

    /// Lets the log start over when it is its turn among the writes. Returns whether it did.
    #[cfg(feature = "sqlite")]
    pub(super) fn restart_log(&self, truncate: bool, patience: Duration) -> Result<bool, Error> {
        let (restart, done) = LogRestart::new(truncate, patience);
        // The queue may be full for as long as writers are busy, which is when the log grows.
        self.threads.submit_waiting(Job::RestartLog(restart))?;
        loop {
            match done.recv_timeout(LOOK) {
                Ok(done) => return done,
                // A job that came behind the order to stop is never done.
                Err(RecvTimeoutError::Timeout) if !self.threads.is_closed() => {}
                Err(_) => return Err(Error::closed()),
            }
        }
    }

    pub(in crate::store) fn queue(&self) -> usize {
        self.threads.queue()
    }

    pub(in crate::store) fn close(&self) {
        self.threads.stop();
    }
}

impl Engine {
    fn open(
        settings: &Settings,
        metrics: &Metrics,
        activity: &Activity,
        files: Option<&Arc<Files>>,
        routes: &Arc<Routes>,
    ) -> Result<Self, Error> {
        let _ = routes;
        match files {
            #[cfg(feature = "sqlite")]
            Some(files) => Embedded::open(settings, metrics, activity, files).map(Self::Embedded),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            None => Server::open(settings, metrics, activity, routes).map(Self::Server),
            #[cfg(not(all(feature = "sqlite", any(feature = "postgres", feature = "mysql"))))]
            _ => Err(settings.backend.not_built_in()),
        }
    }

    /// Whether another job may join these. On a server most closures are transactions of their own, so jobs behind one are
    /// better off with another thread.
    fn takes_more(&self, jobs: &[Job]) -> bool {
        let takes_all = match self {
            #[cfg(feature = "sqlite")]
            Self::Embedded(_) => true,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(_) => false,
        };
        takes_all || !matches!(jobs.last(), Some(Job::Write(work)) if work.place().is_none())
    }

    #[cfg(feature = "sqlite")]
    fn restart_log(&mut self, restart: LogRestart) {
        match self {
            Self::Embedded(embedded) => embedded.restart_log(restart),
            // Dropped, which the checkpointer sees; no server has one.
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Server(_) => {}
        }
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
        let (mut jobs, mut size, mut is_to_stop) = (Vec::new(), 0, false);
        let mut next = Some(first);
        while let Some(job) = next.take() {
            #[cfg(feature = "sqlite")]
            if let Job::RestartLog(restart) = job {
                self.commit(std::mem::take(&mut jobs), size);
                self.engine.restart_log(restart);
                return false;
            }
            size += job.size();
            jobs.push(job);
            if size < self.max_batch && self.engine.takes_more(&jobs) {
                match orders.try_recv() {
                    Ok(Order::Do(job)) => next = Some(job),
                    Ok(Order::Stop) => is_to_stop = true,
                    Err(_) => {}
                }
            }
        }
        self.commit(jobs, size);
        is_to_stop
    }

    fn keep(&mut self) {
        self.engine.keep();
    }
}

impl Committer {
    fn commit(&mut self, jobs: Vec<Job>, size: usize) {
        if !jobs.is_empty() {
            self.engine.commit(jobs, size);
        }
    }
}
