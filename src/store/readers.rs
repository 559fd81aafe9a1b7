//! The threads that read.
//!
//! A thread keeps its connection for life: that is faster than lending connections to a pool of blocking threads, and
//! SQLite is compiled for it. One to a server that is lost is made anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, TrySendError};
use tokio::sync::oneshot;

use super::backend::{Conn, Purpose};
use super::error::Error;
use super::job::{Job, Pool, Ran};
use super::lanes::{Lane, Lanes};
use super::read::{Limits, Read};
use super::session::{ATTEMPTS, Session, rest};
use super::settings::Settings;
use super::sides::Sides;
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
    /// None once it was used.
    reply: Option<oneshot::Sender<Result<T, Error>>>,
    /// What a read logs belongs to the request that it is for.
    span: tracing::Span,
    is_search: bool,
    limits: Limits,
    metrics: ReadMetrics,
}

impl Readers {
    pub(super) fn start(
        settings: &Settings,
        metrics: &ReadMetrics,
        sides: &Arc<Sides>,
    ) -> Result<Self, Error> {
        let (backend, sides) = (settings.backend.clone(), Arc::clone(sides));
        let purpose = Purpose::Read(settings.limits.time);
        let make = move || {
            let reader = Reader {
                session: Session::open(&backend, purpose, &sides)?,
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
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
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
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (task, reply) = self.task(work, true);
        self.lanes.enter(lane, Box::new(task))?;
        Ok(reply)
    }

    fn task<T, F>(&self, work: F, is_search: bool) -> (Task<T, F>, Reply<T>) {
        let (reply, receiver) = oneshot::channel();
        let task = Task {
            work,
            reply: Some(reply),
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
    F: Fn(&mut Read<'_>) -> Result<T, Error> + Send,
{
    fn is_wanted(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| !reply.is_closed())
    }

    fn refuse(&mut self, error: Error) {
        self.answer(Err(error));
    }

    fn run(&mut self, conn: Result<&mut Conn, Error>, is_last: bool) -> Ran {
        // Nobody waits any more for the answer to a request that was given up.
        if !self.is_wanted() {
            return Ran::Answered;
        }
        // Without a connection another attempt would meet the same.
        let is_last = is_last || conn.is_err();
        let read = {
            let _inside = self.span.enter();
            let is_wanted = || self.is_wanted();
            conn.and_then(|conn| (self.work)(&mut Read::new(conn, self.limits, &is_wanted, &self.metrics)))
        };
        let read = read.map_err(|error| if self.is_search { error.of_search() } else { error });
        match read {
            Err(error) if !is_last && error.may_pass() && self.is_wanted() => Ran::Failed(error),
            read => {
                // What nobody knows may be a lost connection in words not listed; a new one is cheap.
                let is_good = !matches!(read, Err(Error::Unavailable(_) | Error::Broken(_)));
                self.answer(read);
                if is_good { Ran::Answered } else { Ran::Spoilt }
            }
        }
    }
}

impl<T, F> Task<T, F> {
    fn answer(&mut self, answer: Result<T, Error>) {
        if let Some(reply) = self.reply.take() {
            // A caller that went away has no use for it.
            let _ = reply.send(answer);
        }
    }
}

impl Reader {
    /// Runs it once. A bug in one answer must not take the thread from all later ones; a reader's connection holds no state.
    fn attempt(&mut self, job: &mut dyn Job, is_last: bool) -> Ran {
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(self.session.conn(), is_last)));
        let ran = ran.unwrap_or_else(|_| {
            tracing::error!("a read panicked");
            Ran::Spoilt
        });
        let is_spoilt = matches!(ran, Ran::Spoilt | Ran::Failed(Error::Unavailable(_)));
        if is_spoilt && !self.is_embedded {
            self.session.discard();
        }
        ran
    }
}

impl Worker<Box<dyn Job>> for Reader {
    /// Runs the job, again if it failed for a reason that passes: a read changes nothing.
    fn work(&mut self, mut job: Box<dyn Job>, _: &Receiver<Order<Box<dyn Job>>>) -> bool {
        let most = if self.is_embedded { 1 } else { ATTEMPTS };
        for attempt in 1..=most {
            match self.attempt(job.as_mut(), attempt == most) {
                Ran::Failed(error) => rest("read", attempt, &error),
                Ran::Answered | Ran::Spoilt => break,
            }
        }
        false
    }

    fn keep(&mut self) {
        // What is wrong with it is in the log.
        let _ = self.session.conn();
    }
}
