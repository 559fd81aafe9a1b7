//! The threads that read.
//!
//! A thread keeps its connection for life: that is faster than lending connections to a pool of blocking threads, and
//! SQLite is compiled for it. One to a server that is lost is made anew.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

use super::Settings;
use super::backend::{Conn, Purpose};
use super::error::Error;
use super::session::Session;
use super::threads::Threads;

/// Gives whether the connection is still good.
type Job = Box<dyn FnOnce(Result<&mut Conn, Error>) -> bool + Send>;

enum Order {
    Do(Job),
    Stop,
}

pub(super) struct Readers {
    orders: Sender<Order>,
    threads: Threads,
}

impl Readers {
    pub(super) fn start(settings: &Settings) -> Result<Self, Error> {
        let (orders, receiver) = crossbeam_channel::bounded(settings.max_queue);
        let mut threads = Vec::with_capacity(settings.readers);
        for number in 0..settings.readers {
            let session = Session::open(&settings.backend, Purpose::Read)?;
            let orders = receiver.clone();
            let is_embedded = settings.backend.is_embedded();
            let thread = std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || run(session, is_embedded, &orders))
                .map_err(|error| Error::Unavailable(format!("no thread for a reader: {error}")))?;
            threads.push(thread);
        }
        Ok(Self {
            orders,
            threads: Threads::new(threads, settings.deadline()),
        })
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
        self.orders
            .try_send(Order::Do(job))
            .map_err(|error| match error {
                TrySendError::Full(_) => Error::Busy("too many reads are waiting".to_owned()),
                TrySendError::Disconnected(_) => Error::Unavailable("the store is closed".to_owned()),
            })?;
        Ok(receiver)
    }

    pub(super) fn close(&self) {
        self.threads.stop(&self.orders, || Order::Stop);
    }
}

fn run(mut session: Session, is_embedded: bool, orders: &Receiver<Order>) {
    while let Ok(Order::Do(job)) = orders.recv() {
        // A bug in one answer must not take the thread from all later ones; a reader's connection holds no state.
        match catch_unwind(AssertUnwindSafe(|| job(session.conn()))) {
            Ok(true) => {}
            Ok(false) if is_embedded => {}
            Ok(false) => session.discard(),
            Err(_) => {
                tracing::error!("a read panicked");
                if !is_embedded {
                    session.discard();
                }
            }
        }
    }
}
