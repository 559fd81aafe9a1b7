//! The lease of a driver: one of several servers holds it and delivers.

use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::message::time;
use crate::store::{Error, Store, Tx, holder, lease};

/// How long the lease of a dead server blocks servers on other hosts, in microseconds.
const TERM: i64 = 15 * time::SECOND;

/// A driver's lease, as far as this server knows.
pub struct Lease {
    store: Store,
    clock: Clock,
    name: String,
    holder: String,
    /// When this server's hold ends, in microseconds since 1970, if it holds the lease.
    held_until: Option<i64>,
    /// Its writes that have not ended. A caller that stops waiting for one does not undo it.
    writes: TaskTracker,
}

impl Lease {
    /// Creates the lease of the driver `target`; not held yet. Servers of the previous release use a lease of another name for
    /// their outbox.
    pub fn new(store: Store, clock: Clock, target: &str) -> Self {
        Self {
            store,
            clock,
            name: format!("driver:{target}"),
            holder: holder::new(),
            held_until: None,
            writes: TaskTracker::new(),
        }
    }

    /// Whether this server holds the lease; asks the database only once half of the term is over.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn hold(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        let is_fresh = |until: i64| until.saturating_sub(now) > TERM / 2;
        if self.held_until.is_some_and(is_fresh) {
            return Ok(true);
        }
        self.renew().await
    }

    /// Takes or renews it for another term; returns whether that succeeded.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn renew(&mut self) -> Result<bool, Error> {
        Ok(self.write(|_| Ok(())).await?.is_some())
    }

    /// Renews it and does `work` in the same transaction; does neither and returns `None` if another server holds it.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn write<T, F>(&mut self, work: F) -> Result<Option<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let written = self.run(move |tx, is_held| is_held.then(|| work(tx)).transpose());
        Ok(written.await?.0)
    }

    /// Does `work` even if another server holds it, and renews it in the same transaction; also returns whether it is held.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn write_anyway<T, F>(&mut self, work: F) -> Result<(T, bool), Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.run(move |tx, _| work(tx)).await
    }

    /// Runs a transaction that takes the lease unless another server holds it, and passes the result on.
    async fn run<T, F>(&mut self, work: F) -> Result<(T, bool), Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, bool) -> Result<T, Error> + Send + 'static,
    {
        let (name, holder, now) = (self.name.clone(), self.holder.clone(), self.clock.now());
        // Whatever the outcome, the database is asked again before the next delivery.
        self.held_until = None;
        let store = self.store.clone();
        let take = move |tx: &mut Tx<'_>| {
            let is_held = match lease::take(tx, &name, &holder, now, now + TERM) {
                Ok(()) => true,
                Err(Error::Conflict(_)) => false,
                Err(error) => return Err(error),
            };
            Ok((work(tx, is_held)?, is_held))
        };
        let written = self.writes.spawn(async move { store.write(take).await }).await;
        let (given, is_held) = written.map_err(|ended| Error::Unavailable(ended.to_string()))??;
        self.held_until = is_held.then_some(now + TERM);
        Ok((given, is_held))
    }

    /// Releases it, once its writes have ended: a later one would take it again.
    ///
    /// # Errors
    /// Any error of the database; the lease then expires by itself.
    pub async fn release(self) -> Result<(), Error> {
        self.writes.close();
        self.writes.wait().await;
        let (name, holder) = (self.name, self.holder);
        self.store
            .write(move |tx| lease::release(tx, &name, &holder))
            .await
    }

    /// Returns the store.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the clock.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }
}
