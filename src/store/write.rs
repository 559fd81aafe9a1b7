//! Transactions of any content, run by the writer between and beside the recordings.

#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::time::{Duration, Instant};

#[cfg(feature = "sqlite")]
use diesel::Connection;
use tokio::sync::oneshot;

use super::activity::{Activity, Written};
use super::backend::Conn;
use super::error::Error;
use super::writer::{Job, Work};

/// A transaction under way. Only [`super::Store::write`] makes one, so who holds it knows that all of it is committed
/// or nothing.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    written: Written,
}

impl<'a> Tx<'a> {
    fn new(conn: &'a mut Conn) -> Self {
        Self {
            conn,
            written: Written::default(),
        }
    }

    pub(super) fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    /// What those who wait are told of after the commit.
    pub(super) fn written(&mut self) -> &mut Written {
        &mut self.written
    }
}

struct Writing<T, F> {
    work: F,
    outcome: Option<Result<(T, Written), Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    since: Instant,
}

pub(super) fn job<T, F>(work: F) -> (Job, oneshot::Receiver<Result<T, Error>>)
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    (
        Job::Write(Box::new(Writing {
            work,
            outcome: None,
            reply,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            since: Instant::now(),
        })),
        receiver,
    )
}

impl<T, F> Work for Writing<T, F>
where
    T: Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send,
{
    /// A savepoint keeps what this closure did apart from the others of the same commit.
    #[cfg(feature = "sqlite")]
    fn run_beside_others(&mut self, conn: &mut Conn) -> Result<(), Error> {
        let work = &mut self.work;
        let done = conn.transaction::<_, Error, _>(|conn| run(work, conn));
        match done {
            Err(error) if !error.is_callers() => Err(error),
            outcome => {
                self.outcome = Some(outcome);
                Ok(())
            }
        }
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    fn run_alone(&mut self, conn: &mut Conn) -> Result<(), Error> {
        self.outcome = Some(Ok(run(&mut self.work, conn)?));
        Ok(())
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
            activity.announce(&written);
            done
        });
        // A caller that went away has no use for the answer.
        let _ = reply.send(outcome);
    }
}

fn run<T>(
    work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, Error>,
    conn: &mut Conn,
) -> Result<(T, Written), Error> {
    let mut tx = Tx::new(conn);
    let done = work(&mut tx)?;
    Ok((done, tx.written))
}
