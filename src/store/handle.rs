//! The store as its users see it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::futures::OwnedNotified;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::backend::Backend;
use super::connection::Purpose;
use super::engine::activity::{Activity, Watch};
#[cfg(feature = "sqlite")]
use super::engine::checkpointer::Checkpointer;
use super::engine::files::Files;
use super::engine::horizon::Horizon;
use super::engine::job::Job;
use super::engine::lanes::Lane;
use super::engine::readers::Readers;
use super::engine::recorder::{Batch, Outcome, Recording};
use super::engine::routes::Routes;
use super::engine::work;
use super::engine::writer::Writer;
use super::error::Error;
use super::migration::{self, Migration, Schema};
use super::read::{Limits, Read};
use super::settings::Settings;
use super::tables::idempotency::Recorded;
use super::tables::{follow, ingest, message};
use super::transaction::Tx;
use crate::event::Reporter;
use crate::message::{Query, Scope};
use crate::telemetry::{Metrics, ReadMetrics};

/// The message store. Clones share its threads.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Backend,
    writer: Writer,
    readers: Readers,
    routes: Arc<Routes>,
    #[cfg(feature = "sqlite")]
    checkpointer: Option<Checkpointer>,
    activity: Activity,
    /// None for a server.
    files: Option<Arc<Files>>,
    deadline: Option<Duration>,
    limits: Limits,
    reads: ReadMetrics,
}

/// A commit of an embedded database that takes longer blocks everything.
const SLOW_COMMIT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens a database whose schema is up to date and starts the store's threads.
    ///
    /// # Errors
    /// [`Error::Conflict`] if its schema is older or newer than this program's, or a server's settings or rights are
    /// unsuitable; [`Error::Broken`] for an SQLite that lacks a compile-time option.
    pub fn open(settings: &Settings, metrics: &Metrics) -> Result<Self, Error> {
        settings.backend.report_ignored();
        let mut conn = settings.backend.connect_checked(Purpose::Write)?;
        migration::check(&mut conn)?;
        conn.check_rights()?;
        let files = Files::of(&settings.backend)?;
        let activity = Activity::new(&metrics.rows.recorded);
        let routes = Routes::new(settings.connection_life);
        let writer = Writer::start(settings, metrics, &activity, files.as_ref(), &routes)?;
        let readers = Readers::start(settings, &metrics.reads, &routes)?;
        #[cfg(feature = "sqlite")]
        let checkpointer = Checkpointer::start(settings, metrics, files.as_ref(), &writer)?;
        // SQLite removes the log with its last connection, so this one stays open until there are others. All of them opened
        // the same files if those have not changed.
        drop(conn);
        if let Some(files) = &files {
            files.check()?;
        }
        let backend = settings.backend.clone();
        Ok(Self {
            inner: Arc::new(Inner {
                backend,
                writer,
                readers,
                routes,
                #[cfg(feature = "sqlite")]
                checkpointer,
                activity,
                files,
                deadline: settings.deadline(),
                limits: settings.limits,
                reads: metrics.reads.clone(),
            }),
        })
    }

    /// Creates an SQLite file that does not exist, brings the schema up to date and returns the migrations that ran.
    /// [`Error::Broken`] if a migration fails; it is rolled back.
    pub fn migrate(backend: &Backend) -> Result<Vec<Migration>, Error> {
        migration::run(&mut backend.connect_checked(Purpose::Migrate)?, backend)
    }

    /// Reverts the newest migration, for tests and for a downgrade. [`Error::Conflict`] if there is none.
    pub fn revert(backend: &Backend) -> Result<Migration, Error> {
        migration::revert(&mut backend.connect_checked(Purpose::Migrate)?)
    }

    /// Returns which migrations the database has and which it lacks. [`Error::Conflict`] if a server's settings are unsuitable.
    pub fn schema(backend: &Backend) -> Result<Schema, Error> {
        migration::schema(&mut backend.connect_checked(Purpose::Look)?)
    }

    /// Copies the store, as of one moment, into an empty or new file, while others read and write it.
    pub fn backup(backend: &Backend, path: &str) -> Result<(), Error> {
        let mut conn = backend.connect(Purpose::Look)?;
        migration::check(&mut conn)?;
        conn.copy_to(path)
    }

    /// Records messages and events, all or none, together with an idempotency key. Returns after the commit. `make` is called again
    /// if the subscriptions have changed since the events were made.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many calls wait, [`Error::Unavailable`] if the database cannot write now, [`Error::Conflict`] if
    /// one of the ids exists.
    pub async fn record(&self, mut make: impl FnMut() -> Batch) -> Result<Recorded, Error> {
        loop {
            let (recording, reply) = Recording::of(make());
            self.inner.writer.submit(Job::Record(Box::new(recording)))?;
            if let Outcome::Done(recorded) = self.answer(reply).await? {
                return Ok(recorded);
            }
        }
    }

    /// Runs `work` in a transaction and returns after the commit. It may run more than once, so it must have no effects
    /// outside the transaction.
    pub async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (work, reply) = work::of(work, None, self.horizon());
        self.inner.writer.submit(Job::Write(work))?;
        self.answer(reply).await
    }

    /// As [`Store::write`], in one transaction with others that wait. On a server they run in the order of `place`, which names the
    /// row that `work` locks. An error makes all of them run again, so `work` should refuse by a value.
    pub async fn write_together<T, F>(&self, place: String, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (work, reply) = work::of(work, Some(place), self.horizon());
        self.inner.writer.submit(Job::Write(work))?;
        self.answer(reply).await
    }

    /// As [`Store::write`], for a thread that runs no asynchronous work.
    pub(super) fn blocking_write<F>(&self, work: F) -> Result<(), Error>
    where
        F: FnMut(&mut Tx<'_>) -> Result<(), Error> + Send + 'static,
    {
        let (work, reply) = work::of(work, None, self.horizon());
        self.inner.writer.submit(Job::Write(work))?;
        reply.blocking_recv().unwrap_or_else(|_| Err(Error::closed()))
    }

    /// Records notifications, each once, and reports their messages: the whole batch or, on an error, nothing. Returns after the
    /// commit. If it is unknown whether a batch was committed, it can be submitted again.
    pub async fn ingest(
        &self,
        batch: Arc<ingest::IngestBatch>,
        reporter: &Reporter,
    ) -> Result<Vec<ingest::IngestOutcome>, Error> {
        let reporter = reporter.clone();
        let work = move |tx: &mut Tx<'_>| ingest::record(tx, &batch, &reporter);
        self.write(work).await
    }

    /// Records rows of another service's table, each once, with the position that they lead to, unless another process follows
    /// the service now. Returns after the commit.
    pub async fn follow(
        &self,
        batch: Arc<follow::FollowBatch>,
        reporter: &Reporter,
    ) -> Result<Result<follow::FollowOutcome, follow::Held>, Error> {
        let reporter = reporter.clone();
        self.write(move |tx| follow::record(tx, &batch, &reporter)).await
    }

    /// Tries to record a made-up notification, which is rolled back, to find out whether the database can record any.
    pub async fn can_ingest(&self, now: i64, reporter: &Reporter) -> Result<(), Error> {
        let (reporter, batch) = (reporter.clone(), ingest::probe(now));
        let work = move |tx: &mut Tx<'_>| -> Result<(), Error> {
            ingest::record(tx, &batch, &reporter)?;
            // Any error rolls back; this one is not retried.
            Err(Error::NotFound)
        };
        match self.write(work).await {
            Ok(()) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Runs `work` on a reader's connection, and again if the connection was lost or the server aborted it. It must be short
    /// whatever a client asks for: a page by its index, some rows by their ids. Anything longer is for [`Store::search`].
    ///
    /// # Errors
    /// [`Error::Busy`] if too many calls wait; [`Error::Unavailable`] once the database file was found removed or replaced.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.intact()?;
        let reply = self.inner.readers.submit(work)?;
        self.answer(reply).await
    }

    /// Fails with [`Error::Unavailable`] once a file of an embedded database was found removed or replaced. Only a restart
    /// helps then.
    pub fn intact(&self) -> Result<(), Error> {
        self.inner.files.as_ref().map_or(Ok(()), |files| files.intact())
    }

    /// Checks that a message can be looked up and that all connections lead to the same server, which they may not after a
    /// switchover behind a proxy. Returns whether that server accepts writes.
    ///
    /// Otherwise all connections are replaced before their next use, as the proxy may lead elsewhere by now; for a read-only
    /// server every few seconds at most. [`Error::Unavailable`] names the servers if there are several.
    pub async fn check(&self) -> Result<bool, Error> {
        let check = self.read(|read| {
            match message::show(read, &Scope::All, Uuid::nil()) {
                Ok(_) | Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
            read.only_reads()
        });
        let only_reads = check.await?;
        self.inner.routes.check()?;
        if only_reads {
            self.inner.routes.look_elsewhere();
        }
        Ok(!only_reads)
    }

    /// Runs `work`, which may read any number of the scope's messages, on a reader's connection as soon as the scope's lane
    /// allows. If the caller goes away, it stops at its next step.
    ///
    /// # Errors
    /// [`Error::Exhausted`] if it reads too many rows or takes too long, [`Error::Busy`] if it cannot start in that time.
    pub async fn search<T, F>(&self, scope: &Scope, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Read<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.intact()?;
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

    /// Runs `work`, which lists what `query` asks for: as a short read if an index leads straight to the page, otherwise as a
    /// search.
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
        let closed = |_| Err(Error::closed());
        match self.inner.deadline {
            None => reply.await.unwrap_or_else(closed),
            Some(deadline) => match tokio::time::timeout(deadline, reply).await {
                Ok(answer) => answer.unwrap_or_else(closed),
                Err(_) => Err(Error::Unavailable("the database does not answer".to_owned())),
            },
        }
    }

    pub(super) fn limits(&self) -> Limits {
        self.inner.limits
    }

    /// Returns the time before which all messages are committed that were not recorded with an older time on purpose; times are
    /// microseconds since 1970. It lies further back than any write takes: a call waits for its quota and for the writer, and
    /// its commit may be known late. Other servers' clocks may differ a little.
    pub fn settled_before(&self, now: i64) -> i64 {
        let longest = self.inner.deadline.unwrap_or(SLOW_COMMIT) * 4;
        now.saturating_sub(i64::try_from(longest.as_micros()).unwrap_or(i64::MAX))
    }

    /// Notes how far messages may be counted, in microseconds since 1970: by this process, or as it read. Until it is noted,
    /// and for messages that are little younger, transactions look themselves. This is to be noted every few seconds.
    pub fn note_counted(&self, until: i64) {
        // Half of what `settled_before` keeps back is for a commit and for clocks that differ.
        let margin = self.settled_before(0) / 2;
        self.inner.activity.horizon().note(until.saturating_sub(margin));
    }

    fn horizon(&self) -> Horizon {
        self.inner.activity.horizon().clone()
    }

    /// The longest time that a call takes; none if it is unlimited.
    pub fn deadline(&self) -> Option<Duration> {
        self.inner.deadline
    }

    /// Notifies of each commit of a message of the project through this store, whether or not its caller still waits.
    pub fn watch(&self, project: &str) -> Watch {
        self.inner.activity.watch(project)
    }

    /// Completes at the next commit of events through this store, even if their caller no longer waits.
    pub fn events_reported(&self) -> OwnedNotified {
        self.inner.activity.reported()
    }

    /// The number of callers that wait for the writer.
    pub fn queue(&self) -> usize {
        self.inner.writer.queue()
    }

    /// The database's URL without a password.
    pub fn describe(&self) -> String {
        self.inner.backend.describe()
    }

    /// Finishes what was submitted, then stops the threads and closes the connections. Later calls fail with
    /// [`Error::Unavailable`].
    pub fn close(&self) {
        // How the connections are closed depends on the result, which is logged.
        if let Some(files) = &self.inner.files {
            let _ = files.check();
        }
        self.inner.writer.close();
        self.inner.readers.close();
        #[cfg(feature = "sqlite")]
        if let Some(checkpointer) = &self.inner.checkpointer {
            checkpointer.close();
        }
    }
}
