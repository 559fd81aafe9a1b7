//! The right to send: of several servers one has it for each driver.

use crate::clock::Clock;
use crate::message::time;
use crate::store::{Error, Store, Tx, holder, lease};

/// How long a server that died keeps servers on other hosts from sending, in microseconds.
const TERM: i64 = 15 * time::SECOND;

/// The right to send to one driver, as this server has it or not.
pub struct Lease {
    store: Store,
    clock: Clock,
    name: String,
    holder: String,
    /// Until when it is held, in microseconds since 1970, if it is.
    held_until: Option<i64>,
}

impl Lease {
    /// Of the driver `target`; not held yet. Servers of the last release have a lease of another name, for their outbox.
    pub fn new(store: Store, clock: Clock, target: &str) -> Self {
        Self {
            store,
            clock,
            name: format!("driver:{target}"),
            holder: holder::new(),
            held_until: None,
        }
    }

    /// Whether this server may send; asks the database only where half of the term is over.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn hold(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        let is_fresh = |until: i64| until.saturating_sub(now) > TERM / 2;
        if self.held_until.is_some_and(is_fresh) {
            return Ok(true);
        }
        self.renew().await
    }

    /// Takes it for another term; gives whether no other server has it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn renew(&mut self) -> Result<bool, Error> {
        Ok(self.write(|_| Ok(())).await?.is_some())
    }

    /// Renews it and does something in the same transaction; neither, and nothing is given, where another server has it.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn write<T, F>(&mut self, work: F) -> Result<Option<T>, Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let written = self.run(move |tx, is_held| is_held.then(|| work(tx)).transpose());
        Ok(written.await?.0)
    }

    /// Does something whoever may send now, and renews in the same transaction; gives whether it is held, too.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn write_anyway<T, F>(&mut self, work: F) -> Result<(T, bool), Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.run(move |tx, _| work(tx)).await
    }

    /// A transaction that takes it for another term, unless another server has it, and goes on with the knowledge.
    async fn run<T, F>(&mut self, work: F) -> Result<(T, bool), Error>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, bool) -> Result<T, Error> + Send + 'static,
    {
        let (name, holder, now) = (self.name.clone(), self.holder.clone(), self.clock.now());
        // Whatever comes of it, the database is asked again before anything is sent.
        self.held_until = None;
        let written = self.store.write(move |tx| {
            let is_held = match lease::take(tx, &name, &holder, now, now + TERM) {
                Ok(()) => true,
                Err(Error::Conflict(_)) => false,
                Err(error) => return Err(error),
            };
            Ok((work(tx, is_held)?, is_held))
        });
        let (given, is_held) = written.await?;
        self.held_until = is_held.then_some(now + TERM);
        Ok((given, is_held))
    }

    /// Gives it back.
    ///
    /// # Errors
    /// Those of the store; it then runs out by itself.
    pub async fn release(self) -> Result<(), Error> {
        let (name, holder) = (self.name, self.holder);
        self.store
            .write(move |tx| lease::release(tx, &name, &holder))
            .await
    }

    /// Where it is kept.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// What its term is measured with.
    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }
}
