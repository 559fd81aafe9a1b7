//! The thread that writes.
//!
//! Whatever waits when it becomes free is done in one transaction. On any error that is not a caller's own, the whole
//! is rolled back and each caller's part is tried again alone, so that one cannot harm another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use super::Settings;
use super::backend::{Backend, Conn};
use super::error::Error;
use crate::telemetry::Metrics;

/// Something to do in a transaction, and somebody to tell.
pub(super) trait Work: Send {
    /// About how many rows it writes.
    fn size(&self) -> usize;

    /// Does it. An error means that the transaction cannot be relied on any more; what concerns only this caller is
    /// kept for `finish`. May run more than once.
    fn run(&mut self, conn: &mut Conn) -> Result<(), Error>;

    /// Tells the caller, after the commit or when there will be none.
    fn finish(self: Box<Self>, committed: Result<(), Error>);
}

pub(super) type Job = Box<dyn Work>;

enum Order {
    Do(Job),
    Stop,
}

pub(super) struct Writer {
    orders: Sender<Order>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(conn: Conn, settings: &Settings, metrics: &Metrics) -> Result<Self, Error> {
        let (orders, receiver) = crossbeam_channel::bounded(settings.max_queue);
        let thread = Loop {
            conn,
            backend: settings.backend.clone(),
            max_batch: settings.max_batch,
            metrics: metrics.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run(&receiver))
            .map_err(|error| Error::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self {
            orders,
            thread: Mutex::new(Some(thread)),
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
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // Fails only when the thread is gone, which is what is wanted.
            let _ = self.orders.send(Order::Stop);
            if thread.join().is_err() {
                tracing::error!("the writer thread had panicked");
            }
        }
    }
}

struct Loop {
    conn: Conn,
    backend: Backend,
    max_batch: usize,
    metrics: Metrics,
}

impl Loop {
    fn run(mut self, orders: &Receiver<Order>) {
        while let Ok(Order::Do(first)) = orders.recv() {
            let mut size = first.size();
            let mut jobs = vec![first];
            let mut stop = false;
            while size < self.max_batch {
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
            self.commit_all(jobs, size);
            if stop {
                break;
            }
        }
    }

    fn commit_all(&mut self, mut jobs: Vec<Job>, size: usize) {
        let started = Instant::now();
        match self.attempt(&mut jobs) {
            Ok(()) => {
                self.metrics.writer.batch_size.observe_size(size);
                self.metrics
                    .writer
                    .commit_duration
                    .observe_duration(started.elapsed());
                for job in jobs {
                    job.finish(Ok(()));
                }
            }
            // A full disk or a lock is not one caller's fault: trying each alone would only take longer.
            Err(error @ Error::Unavailable(_)) => {
                tracing::error!(waiting = jobs.len(), %error, "a commit failed");
                for job in jobs {
                    job.finish(Err(error.clone()));
                }
            }
            Err(error) if jobs.len() == 1 => {
                tracing::error!(%error, "a transaction failed");
                for job in jobs {
                    job.finish(Err(error.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(jobs = jobs.len(), %error, "a shared transaction failed; its parts are tried alone");
                for job in jobs {
                    self.commit_all(vec![job], 1);
                }
            }
        }
    }

    fn attempt(&mut self, jobs: &mut [Job]) -> Result<(), Error> {
        // A reset that failed the last time, for want of a file descriptor perhaps, is made up for.
        self.conn.reset(&self.backend)?;
        self.conn.begin_write(self.backend.patience())?;
        // A bug in one transaction must not take the thread from all later ones; whatever it left is undone below.
        let worked = catch_unwind(AssertUnwindSafe(|| {
            jobs.iter_mut()
                .try_for_each(|job| job.run(&mut self.conn))
                .and_then(|()| self.conn.commit())
        }));
        let done = worked.unwrap_or_else(|_| Err(Error::Broken("a transaction panicked".to_owned())));
        if done.is_err() {
            self.conn.reset(&self.backend)?;
        }
        done
    }
}
