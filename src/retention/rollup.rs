//! The worker that counts recorded messages.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Statistics;
use crate::message::{Kept, time};
use crate::store::rollup::Progress;
use crate::store::{Error, Store, holder, lease, rollup};
use crate::telemetry::LogThrottle;
use crate::worker::{Next, Rest, Task, Worker};

/// The lease's name.
const LEASE: &str = "rollup";

/// How long the lease of a dead server keeps other hosts away, in microseconds.
const LEASE_TIME: i64 = 60 * time::SECOND;

/// How often the worker looks for new messages.
const LOOK: Duration = Duration::from_secs(5);

/// The pause between two batches, for the sake of other writers.
const PAUSE: Duration = Duration::from_millis(20);

/// How much the clocks of servers may differ, in microseconds.
const SKEW: i64 = 30 * time::SECOND;

/// Counts messages by hour and day. Each server has one; the one with the lease works.
pub struct RollUp {
    store: Store,
    clock: Clock,
    kept: Kept,
    holder: String,
    failed: LogThrottle,
    skewed: LogThrottle,
}

impl RollUp {
    /// Creates the worker.
    pub fn new(store: Store, clock: Clock, config: &Statistics) -> Self {
        Self {
            store,
            clock,
            kept: Kept::of(config),
            holder: holder::new(),
            failed: LogThrottle::default(),
            skewed: LogThrottle::default(),
        }
    }

    /// Returns the worker as a task to start.
    pub fn task(self) -> Task {
        Task::new("rollup", self)
    }

    /// Counts a batch; returns whether there may be more to count.
    async fn count(&mut self) -> Result<bool, Error> {
        let (now, kept, holder) = (self.clock.now(), self.kept, self.holder.clone());
        let until = self.store.settled_before(now);
        // Reading needs no writer.
        let Progress { position, is_due } =
            self.store.read(move |read| rollup::progress(read, until)).await?;
        let position = position.unwrap_or(i64::MIN);
        self.store.note_counted(until.max(position));
        // Another server counts by its own clock, and no further than this one would.
        let ahead = position.saturating_sub(until);
        if ahead > SKEW
            && let Some(more) = self.skewed.due()
        {
            tracing::warn!(
                seconds = ahead / time::SECOND,
                more,
                "the clocks of servers differ: another one has counted messages that are not old enough by this one's"
            );
        }
        if !is_due {
            return Ok(false);
        }
        let count = self.store.write(move |tx| {
            match lease::try_take(tx, LEASE, &holder, now, now.saturating_add(LEASE_TIME))? {
                None => rollup::advance(tx, until, kept),
                Some(_) => Ok(false),
            }
        });
        count.await
    }
}

impl Worker for RollUp {
    async fn step(&mut self, _: &CancellationToken) -> Next {
        match self.count().await {
            Ok(true) => return Next::Rest(Rest::of(PAUSE)),
            Ok(false) => {}
            Err(error) => {
                if let Some(more) = self.failed.due() {
                    tracing::warn!(%error, more, "recorded messages cannot be counted");
                }
            }
        }
        Next::Rest(Rest::of(LOOK))
    }

    async fn end(self) {
        let holder = self.holder;
        let release = self.store.write(move |tx| lease::release(tx, LEASE, &holder));
        if let Err(error) = release.await {
            tracing::debug!(%error, "the lease was not released");
        }
    }
}
