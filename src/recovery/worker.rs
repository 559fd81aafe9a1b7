//! The worker of a server.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::failure::{Status, Turn};
use crate::store::failure::{self, Due};
use crate::store::{Error, Store};
use crate::telemetry::LogThrottle;
use crate::worker::{Next, Rest, Worker};

use super::isolate::attend_all;
use super::terms::Terms;

/// How often the worker looks for work.
const LOOK: Duration = Duration::from_secs(1);

/// How often what is not final is counted, unless that takes long.
const COUNT: Duration = Duration::from_secs(5);

/// Counting uses no more than this part of the time.
const PART: u32 = 20;

/// The most notifications of a status that are counted.
const MOST: i64 = 100_000;

/// The pause when more is left, for the sake of monitors that report at the same time.
const PAUSE: Duration = Duration::from_millis(100);

/// Processes notifications without an engine. Each server has one; a notification that one looks at is passed over by the others.
pub struct RecoveryWorker {
    store: Store,
    clock: Clock,
    terms: Terms,
    /// When what is not final is counted again.
    next_count: Instant,
    failed: LogThrottle,
}

impl RecoveryWorker {
    /// Creates the worker.
    pub fn new(store: Store, clock: Clock, terms: Terms) -> Self {
        Self {
            store,
            clock,
            terms,
            next_count: Instant::now(),
            failed: LogThrottle::default(),
        }
    }
}

impl Worker for RecoveryWorker {
    async fn step(&mut self, _: &CancellationToken) -> Next {
        match self.look().await {
            Ok(true) => return Next::Rest(Rest::of(PAUSE)),
            Ok(false) => {}
            Err(error) => {
                if let Some(more) = self.failed.due() {
                    tracing::warn!(%error, more, "failure notifications cannot be judged");
                }
            }
        }
        Next::Rest(Rest::of(LOOK))
    }
}

impl RecoveryWorker {
    /// Counts what is not final, for the metrics.
    async fn count(&mut self) -> Result<(), Error> {
        if self.next_count > Instant::now() {
            return Ok(());
        }
        let begun = Instant::now();
        let open = Status::ALL.into_iter().filter(|status| !status.is_final());
        for status in open {
            let read = self.store.read(move |read| failure::count(read, status, MOST));
            self.terms.metrics.open(status.name()).set(read.await?);
        }
        self.next_count = Instant::now() + COUNT.max(begun.elapsed() * PART);
        Ok(())
    }

    /// Returns whether there may be more to see to.
    async fn look(&mut self) -> Result<bool, Error> {
        let has_more = self.attend().await?;
        self.count().await?;
        Ok(has_more)
    }

    async fn attend(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        let old = now.saturating_sub(self.terms.expire_after);
        // Reading needs no writer.
        let has_due = self.store.read(move |read| {
            Ok(failure::is_any(read, &Due::of(Turn::Worker, now))?
                || failure::is_any(read, &Due::of(Turn::Engine, old))?)
        });
        if !has_due.await? {
            return Ok(false);
        }
        attend_all(&self.store, &self.terms, now).await
    }
}
