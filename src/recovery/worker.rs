//! The worker of a server.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::failure::Turn;
use crate::store::{Error, Store, failure};
use crate::telemetry::LogThrottle;
use crate::worker::{Next, Rest, Worker};

use super::attend::attend;
use super::terms::Terms;

/// How often the worker looks for work.
const LOOK: Duration = Duration::from_secs(1);

/// The pause when more is left, for the sake of monitors that report at the same time.
const PAUSE: Duration = Duration::from_millis(100);

/// Processes notifications without an engine. Each server has one; a notification that one looks at is passed over by the others.
pub struct RecoveryWorker {
    store: Store,
    clock: Clock,
    terms: Terms,
    failed: LogThrottle,
}

impl RecoveryWorker {
    /// Creates the worker.
    pub fn new(store: Store, clock: Clock, terms: Terms) -> Self {
        Self {
            store,
            clock,
            terms,
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
    async fn look(&self) -> Result<bool, Error> {
        let (terms, now) = (self.terms.clone(), self.clock.now());
        let old = now.saturating_sub(terms.expire_after);
        // Reading needs no writer.
        let has_due = self.store.read(move |read| {
            Ok(failure::is_due(read, Turn::Worker, now)? || failure::is_due(read, Turn::Engine, old)?)
        });
        if !has_due.await? {
            return Ok(false);
        }
        self.store.write(move |tx| attend(tx, &terms, now)).await
    }
}
