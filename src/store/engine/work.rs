//! Closures that run in a transaction.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::{Duration, Instant};

#[cfg(feature = "sqlite")]
use diesel::Connection;
use tokio::sync::oneshot;

use super::activity::Activity;
use super::horizon::Horizon;
use crate::store::connection::Conn;
use crate::store::error::Error;
use crate::store::tables::rollup;
use crate::store::transaction::{Tx, Written};

/// A closure to run in a transaction, and its waiting caller.
pub(in crate::store) trait Work: Send {
    /// Runs beside others of the same transaction, in a savepoint. An error means that the transaction is unusable; one that
    /// concerns only this caller is kept for `finish`. May run more than once.
    #[cfg(feature = "sqlite")]
    fn run_beside_others(&mut self, conn: &mut Conn) -> Result<(), Error>;

    /// Runs in a transaction that is committed unless there is an error. May run more than once.
    fn run_alone(&mut self, conn: &mut Conn) -> Result<(), Error>;

    /// The place among others of the same transaction; none if it has one of its own on a server.
    fn place(&self) -> Option<&str>;

    /// Whether the caller was answered with a failure, after the `deadline`.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn is_given_up(&self, deadline: Duration) -> bool;

    /// Counts and notifies watchers of what was committed, and answers the caller, after the commit or when there will be none.
    fn finish(self: Box<Self>, committed: Result<(), Error>, activity: &Activity);
}

struct Writing<T, F> {
    work: F,
    place: Option<String>,
    horizon: Horizon,
    outcome: Option<Result<(T, Written), Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    since: Instant,
}

/// The work of a closure, and where its result arrives. Messages behind the horizon are counted with it.
pub(in crate::store) fn of<T, F>(
    work: F,
    place: Option<String>,
    horizon: Horizon,
) -> (Box<dyn Work>, oneshot::Receiver<Result<T, Error>>)
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    let writing = Writing {
        work,
        place,
        horizon,
        outcome: None,
        reply,
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        since: Instant::now(),
    };
    (Box::new(writing), receiver)
}

impl<T, F> Work for Writing<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send,
{
    #[cfg(feature = "sqlite")]
    fn run_beside_others(&mut self, conn: &mut Conn) -> Result<(), Error> {
        let (work, horizon) = (&mut self.work, &self.horizon);
        let done = conn.transaction::<_, Error, _>(|conn| run(work, horizon, conn));
        match done {
            Err(error) if !error.is_callers() => Err(error),
            outcome => {
                self.outcome = Some(outcome);
                Ok(())
            }
        }
    }

    fn run_alone(&mut self, conn: &mut Conn) -> Result<(), Error> {
        self.outcome = Some(Ok(run(&mut self.work, &self.horizon, conn)?));
        Ok(())
    }

    fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn is_given_up(&self, deadline: Duration) -> bool {
        self.reply.is_closed() && self.since.elapsed() >= deadline
    }

    fn finish(self: Box<Self>, committed: Result<(), Error>, activity: &Activity) {
        let Self { outcome, reply, .. } = *self;
        let outcome = committed.and_then(|()| {
            outcome.unwrap_or_else(|| Err(Error::Broken("a transaction did not run".to_owned())))
        });
        let outcome = outcome.map(|(done, written)| {
            written.count();
            activity.announce(&written);
            done
        });
        // The caller may have gone away.
        let _ = reply.send(outcome);
    }
}

fn run<T>(
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, Error>,
    horizon: &Horizon,
    conn: &mut Conn,
) -> Result<(T, Written), Error> {
    let mut tx = Tx::new(conn);
    let done = work(&mut tx)?;
    let written = tx.into_written();
    let Written {
        recorded,
        removed,
        moved,
        ..
    } = &written;
    // A process without a roll-up worker does not know how far the others have counted: it takes every message for late.
    let mut times = recorded.iter().map(|message| message.position.created_at);
    let is_late = times.any(|created_at| horizon.has_passed(created_at).unwrap_or(true));
    rollup::settle(conn, if is_late { recorded } else { &[] }, removed, moved)?;
    Ok((done, written))
}
