//! The threads that read.
//!
//! Each keeps its connection for life: that is faster than a pool of connections for blocking threads, and SQLite is compiled
//! for it. A lost connection to a server is replaced.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, TrySendError};
use tokio::sync::oneshot;

use super::lanes::{Lane, Lanes};
use super::reading::{Pool, Ran, Reading};
use super::routes::Routes;
use super::session::{ATTEMPTS, Session, rest};
use super::threads::{Order, Threads, Worker};
use crate::store::connection::{Conn, Purpose};
use crate::store::error::Error;
use crate::store::read::{Limits, Read};
use crate::store::settings::Settings;
use crate::telemetry::ReadMetrics;

/// Where the answer of a read arrives.
pub(in crate::store) type Reply<T> = oneshot::Receiver<Result<T, Error>>;

pub(in crate::store) struct Readers {
    pool: Pool,
    lanes: Arc<Lanes>,
    limits: Limits,
    metrics: ReadMetrics,
}

struct ReaderThread {
    session: Session,
    is_embedded: bool,
}

/// The work of one read, and its waiting caller.
struct Request<T, F> {
    work: F,
    /// None once used.
    reply: Option<oneshot::Sender<Result<T, Error>>>,
    /// The span of the caller, to which log lines of the read belong.
    span: tracing::Span,
    is_search: bool,
    limits: Limits,
    metrics: ReadMetrics,
}

impl Readers {
    pub(in crate::store) fn start(
        settings: &Settings,
        metrics: &ReadMetrics,
        routes: &Arc<Routes>,
    ) -> Result<Self, Error> {
        let (backend, routes) = (settings.backend.clone(), Arc::clone(routes));
        let purpose = Purpose::Read(settings.limits.time);
        let make = move || {
            let reader = ReaderThread {
                session: Session::open(&backend, purpose, &routes)?,
                is_embedded: backend.is_embedded(),
            };
            Ok(Box::new(reader) as Box<dyn Worker<Box<dyn Reading>>>)
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
    pub(in crate::store) fn submit<T, F>(&self, work: F) -> Result<Reply<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (request, reply) = self.request(work, false);
        self.pool.submit(Box::new(request)).map_err(|error| match error {
            TrySendError::Full(()) => Error::Busy("too many reads are waiting".to_owned()),
            TrySendError::Disconnected(()) => Error::closed(),
        })?;
        Ok(reply)
    }

    /// Reads something long as soon as its lane allows.
    pub(in crate::store) fn search<T, F>(&self, lane: Lane, work: F) -> Result<Reply<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (request, reply) = self.request(work, true);
        self.lanes.enter(lane, Box::new(request))?;
        Ok(reply)
    }

    fn request<T, F>(&self, work: F, is_search: bool) -> (Request<T, F>, Reply<T>) {
        let (reply, receiver) = oneshot::channel();
        let request = Request {
            work,
            reply: Some(reply),
            span: tracing::Span::current(),
            is_search,
            limits: self.limits,
            metrics: self.metrics.clone(),
        };
        (request, receiver)
    }

    pub(in crate::store) fn close(&self) {
        self.lanes.close();
        self.pool.stop();
    }
}

impl<T, F> Reading for Request<T, F>
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
        if !self.is_wanted() {
            return Ran::Answered;
        }
        // Without a connection, another attempt would fail the same way.
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
                // An unknown error may be a lost connection; a new one is cheap.
                let is_good = !matches!(read, Err(Error::Unavailable(_) | Error::Broken(_)));
                self.answer(read);
                if is_good { Ran::Answered } else { Ran::Spoilt }
            }
        }
    }
}

impl<T, F> Request<T, F> {
    fn answer(&mut self, answer: Result<T, Error>) {
        if let Some(reply) = self.reply.take() {
            // The caller may have gone away.
            let _ = reply.send(answer);
        }
    }
}

impl ReaderThread {
    /// Runs the job once. A panic must not end the thread, and a reader's connection holds no state.
    fn attempt(&mut self, job: &mut dyn Reading, is_last: bool) -> Ran {
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

impl Worker<Box<dyn Reading>> for ReaderThread {
    /// Runs the job, and again if it failed temporarily: a read changes nothing.
    fn work(&mut self, mut job: Box<dyn Reading>, _: &Receiver<Order<Box<dyn Reading>>>) -> bool {
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
        // A failure is logged.
        let _ = self.session.conn();
    }
}
