//! Where messages are kept: the only module that knows a database.
//!
//! Threads of its own write and read, each owning its connection. Writes that wait at the same time share one commit
//! (group commit), and nobody is told of a write before it is on the disk.

mod activity;
pub mod backend;
pub mod browser_session;
#[cfg(feature = "sqlite")]
mod checkpointer;
mod chunks;
mod counts;
mod dialect;
mod error;
pub mod event;
mod files;
pub mod foreign;
pub mod holder;
pub mod idempotency;
pub mod ingest;
mod job;
mod lanes;
pub mod lease;
mod local;
pub mod message;
mod migration;
mod read;
pub mod read_state;
mod readers;
mod recorder;
mod schema;
mod session;
mod settings;
mod sides;
mod threads;
mod timed;
pub mod transfer;
mod turns;
mod windows;
mod write;
#[cfg(all(feature = "sqlite", target_os = "linux"))]
mod writeback;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::futures::Notified;
use tokio::sync::oneshot;
use uuid::Uuid;

pub use activity::Watch;
pub use backend::{Backend, Conn};
pub use error::Error;
pub use migration::{Migration, Schema};
pub use read::{Limits, Read};
pub use recorder::{Batch, Recorded};
pub use settings::Settings;
pub use timed::Timed;
pub use write::Tx;

use crate::event::Reporter;
use crate::message::{Query, Scope};
use crate::telemetry::{Metrics, ReadMetrics};
use activity::Activity;
use backend::Purpose;
#[cfg(feature = "sqlite")]
use checkpointer::Checkpointer;
use lanes::Lane;
use local::Local;
use readers::Readers;
use sides::Sides;
use writer::Writer;

/// The message store. Clones share one writer and one set of readers.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    writer: Writer,
    readers: Readers,
    sides: Arc<Sides>,
    #[cfg(feature = "sqlite")]
    checkpointer: Option<Checkpointer>,
    activity: Activity,
    /// None with a server.
    local: Option<Arc<Local>>,
    deadline: Option<Duration>,
    limits: Limits,
    reads: ReadMetrics,
}

impl Store {
    /// Opens a database whose schema is up to date and starts the store's threads.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be opened, [`Error::Conflict`] when its schema is older or newer than
    /// this program's or a server's settings or rights do not fit, [`Error::Broken`] when SQLite was built without the
    /// flags that the store needs.
    pub fn open(settings: &Settings, metrics: &Metrics) -> Result<Self, Error> {
        settings.backend.report_ignored();
        let mut conn = settings.backend.connect_checked(Purpose::Write)?;
        migration::check(&mut conn)?;
        conn.check_rights()?;
        let local = Local::of(&settings.backend)?;
        let activity = Activity::default();
        let sides = Sides::new(settings.connection_life);
        let writer = Writer::start(settings, metrics, &activity, local.as_ref(), &sides)?;
        let readers = Readers::start(settings, &metrics.reads, &sides)?;
        #[cfg(feature = "sqlite")]
        let checkpointer = Checkpointer::start(settings, local.as_ref())?;
        // SQLite removes the log with its last connection, so this one was kept until there were others; all of them
        // opened the same files if those are still there.
        drop(conn);
        if let Some(local) = &local {
            local.files.check()?;
        }
        let backend = settings.backend.clone();
        Ok(Self {
            inner: Arc::new(Inner {
                backend,
                writer,
                readers,
                sides,
                #[cfg(feature = "sqlite")]
                checkpointer,
                activity,
                local,
                deadline: settings.deadline(),
                limits: settings.limits,
                reads: metrics.reads.clone(),
            }),
        })
    }

    /// Makes the database if it is a file that is not there, brings the schema up to date and gives the migrations that ran.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot be opened or made; [`Error::Broken`] when a migration fails, with
    /// nothing of it done.
    pub fn migrate(backend: &Backend) -> Result<Vec<Migration>, Error> {
        migration::run(&mut backend.connect_checked(Purpose::Migrate)?, backend)
    }

    /// Undoes the newest migration; for tests and for going back to an older program.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is none to undo.
    pub fn revert(backend: &Backend) -> Result<Migration, Error> {
        migration::revert(&mut backend.connect_checked(Purpose::Migrate)?)
    }

    /// Which migrations the database has and which it lacks.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be opened, [`Error::Conflict`] when a server's settings do not fit.
    pub fn schema(backend: &Backend) -> Result<Schema, Error> {
        migration::schema(&mut backend.connect_checked(Purpose::Look)?)
    }

    /// Copies the store, as one moment of it, into an empty or new file, while others read and write it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the file cannot be written.
    pub fn backup(backend: &Backend, path: &str) -> Result<(), Error> {
        let mut conn = backend.connect(Purpose::Look)?;
        migration::check(&mut conn)?;
        conn.copy_to(path)
    }

    /// Records messages and events, all or none, and with them the key that makes the call repeatable. Returns after the commit.
    ///
    /// # Errors
    /// [`Error::Busy`] when too many wait, [`Error::Unavailable`] when the database cannot take it now,
    /// [`Error::Conflict`] when one of the ids stands already.
    pub async fn record(&self, batch: Batch) -> Result<Recorded, Error> {
        let (job, reply) = recorder::job(batch);
        self.inner.writer.submit(job)?;
        self.answer(reply).await
    }

    /// Runs `work` in a transaction and returns after its commit. It may run more than once, so it must not have
    /// effects outside the transaction.
    ///
    /// # Errors
    /// Whatever `work` fails with, and those of [`Store::record`].
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (job, reply) = write::job(work);
        self.inner.writer.submit(job)?;
        self.answer(reply).await
    }

    /// Records what came in as notifications, each once, and reports the messages; all of the batch or, on an error,
    /// nothing. Returns after the commit.
    ///
    /// # Errors
    /// Those of [`Store::write`]. Where it is not known whether it was committed, the same batch can be brought again.
    pub async fn ingest(
        &self,
        batch: Arc<ingest::Batch>,
        reporter: &Reporter,
    ) -> Result<Vec<ingest::Outcome>, Error> {
        let reporter = reporter.clone();
        let work = move |tx: &mut Tx<'_>| ingest::record(tx, &batch, &reporter);
        self.write(work).await
    }

    /// Whether notifications can be recorded at all, found out with one that is made up. It is undone.
    ///
    /// # Errors
    /// What would be said of every notification.
    pub async fn can_ingest(&self, now: i64, reporter: &Reporter) -> Result<(), Error> {
        let (reporter, batch) = (reporter.clone(), ingest::probe(now));
        let work = move |tx: &mut Tx<'_>| -> Result<(), Error> {
            ingest::record(tx, &batch, &reporter)?;
            // What fails is undone, and this is not run again.
            Err(Error::NotFound)
        };
        match self.write(work).await {
            Ok(()) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Runs `work` on a reader's connection, again where that was lost or the server gave it up for others. It must be
    /// short whatever a client asks for: a page by its index, some rows by their ids. What may be long is for
    /// [`Store::search`].
    ///
    /// # Errors
    /// Whatever `work` fails with; [`Error::Busy`] when too many wait; [`Error::Unavailable`] from when the database file
    /// was found to be removed or replaced.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.standing()?;
        let reply = self.inner.readers.submit(work)?;
        self.answer(reply).await
    }

    /// Whether the files of an embedded database are still those that were opened, as far as is known.
    ///
    /// # Errors
    /// [`Error::Unavailable`], with what happened to which of them; then nothing but a restart helps.
    pub fn standing(&self) -> Result<(), Error> {
        self.inner
            .local
            .as_ref()
            .map_or(Ok(()), |local| local.files.standing())
    }

    /// Looks for a message that cannot be there, and whether all connections lead to the same server, which they may not after
    /// a switchover behind a proxy. Returns whether that server takes writes.
    ///
    /// Where anything but that is found, all connections are made anew before their next use: the proxy may lead elsewhere.
    /// While the server only reads, that happens every few seconds at most.
    ///
    /// # Errors
    /// Those of [`Store::read`]; [`Error::Unavailable`], with the servers, when there are several.
    pub async fn check(&self) -> Result<bool, Error> {
        let looked = self.read(|read| {
            match message::show(read, &Scope::All, Uuid::nil()) {
                Ok(_) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
            read.only_reads()
        });
        let only_reads = looked.await?;
        self.inner.sides.check()?;
        if only_reads {
            self.inner.sides.look_elsewhere();
        }
        Ok(!only_reads)
    }

    /// Runs `work`, which may look at any number of messages of the scope, on a reader's connection when it is the
    /// scope's turn. Given up, it stops at its next step.
    ///
    /// # Errors
    /// As for [`Store::read`]; [`Error::Exhausted`] when it looks at too many rows or takes too long, [`Error::Busy`] when its
    /// turn does not come in that time.
    pub async fn search<T, F>(&self, scope: &Scope, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.standing()?;
        let is_started = Arc::new(AtomicBool::new(false));
        let started = Arc::clone(&is_started);
        let work = move |read: &mut Read<'_>| {
            started.store(true, Ordering::Relaxed);
            work(read)
        };
        let answer = self.answer(self.inner.readers.search(Lane::of(scope), work)?);
        let answer = match self.inner.limits.time {
            None => answer.await,
            Some(longest) => tokio::time::timeout(longest, answer).await.unwrap_or_else(|_| {
                Err(if is_started.load(Ordering::Relaxed) {
                    Error::Exhausted(format!("it had taken {} seconds", longest.as_secs_f64()))
                } else {
                    Error::Busy("searches of the project are waiting".to_owned())
                })
            }),
        };
        if matches!(answer, Err(Error::Exhausted(_))) {
            self.inner.reads.exhausted.inc();
        }
        answer
    }

    /// Runs `work`, which lists what `query` asks for: at once where its index leads straight to the page, otherwise as a
    /// search.
    ///
    /// # Errors
    /// Those of [`Store::search`].
    pub async fn list<T, F>(&self, query: &Query, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        if query.is_direct() {
            self.read(work).await
        } else {
            self.search(&query.scope, work).await
        }
    }

    async fn answer<T>(&self, reply: oneshot::Receiver<Result<T, Error>>) -> Result<T, Error> {
        let closed = |_| Err(Error::Unavailable("the store is closed".to_owned()));
        match self.inner.deadline {
            None => reply.await.unwrap_or_else(closed),
            Some(deadline) => match tokio::time::timeout(deadline, reply).await {
                Ok(answer) => answer.unwrap_or_else(closed),
                Err(_) => Err(Error::Unavailable("the database does not answer".to_owned())),
            },
        }
    }

    /// How long a caller waits at most until it is told what became of its call; none where it waits for the end.
    pub fn deadline(&self) -> Option<Duration> {
        self.inner.deadline
    }

    /// Tells each time that a message of the project was committed through this store, whether or not its caller still waits.
    pub fn watch(&self, project: &str) -> Watch {
        self.inner.activity.watch(project)
    }

    /// Ends when events were committed through this store after it was enabled, whether or not their caller still waits.
    pub fn events_reported(&self) -> Notified<'_> {
        self.inner.activity.reported()
    }

    /// How many callers wait for the writer.
    pub fn queue(&self) -> usize {
        self.inner.writer.queue()
    }

    /// The words by which an operator knows the database.
    pub fn describe(&self) -> String {
        self.inner.backend.describe()
    }

    /// Finishes what was submitted, then stops the threads and closes the connections. What comes later is told that
    /// the store is unavailable.
    pub fn close(&self) {
        // How the connections are closed depends on it. What is wrong is in the log.
        if let Some(local) = &self.inner.local {
            let _ = local.files.check();
        }
        self.inner.writer.close();
        self.inner.readers.close();
        #[cfg(feature = "sqlite")]
        if let Some(checkpointer) = &self.inner.checkpointer {
            checkpointer.close();
        }
    }
}
