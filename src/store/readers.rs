//! The threads that read.
//!
//! A thread keeps its connection for life: that is faster than lending connections to a pool of blocking threads, and
//! SQLite is compiled for it. One to a server that is lost is made anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, TrySendError};
use tokio::sync::oneshot;

use super::Settings;
use super::backend::{Conn, Purpose};
use super::error::Error;
use super::job::{Job, Pool};
use super::lanes::{Lane, Lanes};
use super::read::{Limits, Read};
use super::session::Session;
use super::threads::{Order, Threads, Worker};
use crate::telemetry::ReadMetrics;

/// Where the answer of a read comes.
pub(super) type Reply<T> = oneshot::Receiver<Result<T, Error>>;

pub(super) struct Readers {
    pool: Pool,
    lanes: Arc<Lanes>,
    limits: Limits,
    metrics: ReadMetrics,
}

struct Reader {
    session: Session,
    is_embedded: bool,
}

/// The work of one read and whoever waits for it.
struct Task<T, F> {
    work: F,
    reply: oneshot::Sender<Result<T, Error>>,
    /// What a read logs belongs to the request that it is for.
    span: tracing::Span,
    is_search: bool,
    limits: Limits,
    metrics: ReadMetrics,
}

impl Readers {
    pub(super) fn start(settings: &Settings, metrics: &ReadMetrics) -> Result<Self, Error> {
        let backend = settings.backend.clone();
        let purpose = Purpose::Read(settings.limits.time);
        let make = move || {
            let reader = Reader {
                session: Session::open(&backend, purpose)?,
                is_embedded: backend.is_embedded(),
            };
            Ok(Box::new(reader) as Box<dyn Worker<Box<dyn Job>>>)
        };
        let (count, queue) = (settings.readers, settings.max_queue);
        let pool = Threads::start("store-reader", count, queue, settings.deadline(), make)?;
        let pool = Arc::new(pool);
        Ok(Self {
            lanes: Arc::new(Lanes::new(Arc::clone(&pool), count)),
            pool,
            limits: settings.limits,
            metrics: metrics.clone(),
        })
    }

    /// Reads something short as soon as a thread is free.
    pub(super) fn submit<T, F>(&self, work: F) -> Result<Reply<T>, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (task, reply) = self.task(work, false);
        self.pool.submit(Box::new(task)).map_err(|error| match error {
            TrySendError::Full(()) => Error::Busy("too many reads are waiting".to_owned()),
            TrySendError::Disconnected(()) => Error::Unavailable("the store is closed".to_owned()),
        })?;
        Ok(reply)
    }

    /// Reads something long when it is its lane's turn.
    pub(super) fn search<T, F>(&self, lane: Lane, work: F) -> Result<Reply<T>, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (task, reply) = self.task(work, true);
        self.lanes.enter(lane, Box::new(task))?;
        Ok(reply)
    }

    fn task<T, F>(&self, work: F, is_search: bool) -> (Task<T, F>, Reply<T>) {
        let (reply, receiver) = oneshot::channel();
        let task = Task {
            work,
            reply,
            span: tracing::Span::current(),
            is_search,
            limits: self.limits,
            metrics: self.metrics.clone(),
        };
        (task, receiver)
    }

    pub(super) fn close(&self) {
        self.lanes.close();
        self.pool.stop();
    }
}

impl<T, F> Job for Task<T, F>
where
    T: Send,
    F: FnOnce(&mut Read<'_>) -> Result<T, Error> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn refuse(self: Box<Self>, error: Error) {
        let _ = self.reply.send(Err(error));
    }

    fn run(self: Box<Self>, conn: Result<&mut Conn, Error>) -> bool {
        let Self {
            work,
            reply,
            span,
            is_search,
            limits,
            metrics,
        } = *self;
        let _inside = span.enter();
        // Nobody waits any more for the answer to a request that was given up.
        if reply.is_closed() {
            return true;
        }
        let is_wanted = || !reply.is_closed();
        let answer = conn.and_then(|conn| work(&mut Read::new(conn, limits, &is_wanted, &metrics)));
        let answer = answer.map_err(|error| if is_search { error.of_search() } else { error });
        // What nobody knows may be a lost connection in words not listed; a new one is cheap.
        let is_good = !matches!(answer, Err(Error::Unavailable(_) | Error::Broken(_)));
        let _ = reply.send(answer);
        is_good
    }
}

impl Worker<Box<dyn Job>> for Reader {
    fn work(&mut self, job: Box<dyn Job>, _: &Receiver<Order<Box<dyn Job>>>) -> bool {
        // A bug in one answer must not take the thread from all later ones; a reader's connection holds no state.
        let is_good = catch_unwind(AssertUnwindSafe(|| job.run(self.session.conn()))).unwrap_or_else(|_| {
            tracing::error!("a read panicked");
            false
        });
        if !is_good && !self.is_embedded {
            self.session.discard();
        }
        false
    }
}
