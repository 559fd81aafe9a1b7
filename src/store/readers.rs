//! The threads that read.
//!
//! A thread keeps its connection for life: that is faster than lending connections to a pool of blocking threads, and
//! SQLite is compiled for it. One to a server that is lost is made anew.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Receiver, TrySendError};
use tokio::sync::oneshot;

use super::Settings;
use super::backend::{Conn, Purpose};
use super::error::Error;
use super::session::Session;
use super::threads::{Order, Threads, Worker};

/// Gives whether the connection is still good.
type Job = Box<dyn FnOnce(Result<&mut Conn, Error>) -> bool + Send>;

pub(super) struct Readers {
    threads: Threads<Job>,
}

struct Reader {
    session: Session,
    is_embedded: bool,
}

impl Readers {
    pub(super) fn start(settings: &Settings) -> Result<Self, Error> {
        let backend = settings.backend.clone();
        let make = move || {
            let reader = Reader {
                session: Session::open(&backend, Purpose::Read)?,
                is_embedded: backend.is_embedded(),
            };
            Ok(Box::new(reader) as Box<dyn Worker<Job>>)
        };
        let (count, queue) = (settings.readers, settings.max_queue);
        let threads = Threads::start("store-reader", count, queue, settings.deadline(), make)?;
        Ok(Self { threads })
    }

    pub(super) fn submit<T, F>(&self, work: F) -> Result<oneshot::Receiver<Result<T, Error>>, Error>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    {
        let (reply, receiver) = oneshot::channel();
        // What a read logs belongs to the request that it is for.
        let span = tracing::Span::current();
        let job: Job = Box::new(move |conn| {
            let _inside = span.enter();
            // Nobody waits any more for the answer to a request that was given up.
            if reply.is_closed() {
                return true;
            }
            let answer = conn.and_then(work);
            // What nobody knows may be a lost connection in words not listed; a new one is cheap.
            let is_good = !matches!(answer, Err(Error::Unavailable(_) | Error::Broken(_)));
            let _ = reply.send(answer);
            is_good
        });
        self.threads.submit(job).map_err(|error| match error {
            TrySendError::Full(()) => Error::Busy("too many reads are waiting".to_owned()),
            TrySendError::Disconnected(()) => Error::Unavailable("the store is closed".to_owned()),
        })?;
        Ok(receiver)
    }

    pub(super) fn close(&self) {
        self.threads.stop();
    }
}

impl Worker<Job> for Reader {
    fn work(&mut self, job: Job, _: &Receiver<Order<Job>>) -> bool {
        // A bug in one answer must not take the thread from all later ones; a reader's connection holds no state.
        let is_good = catch_unwind(AssertUnwindSafe(|| job(self.session.conn()))).unwrap_or_else(|_| {
            tracing::error!("a read panicked");
            false
        });
        if !is_good && !self.is_embedded {
            self.session.discard();
        }
        false
    }
}
