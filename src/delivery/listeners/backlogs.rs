//! Watches what waits for listeners: that it is not too much, and that no wrong clock delays it. Counts it for the metrics, so that
//! no scrape does.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::exchange::LEASE;
use crate::clock::Clock;
use crate::config::Config;
use crate::listener::{Kind, RetrySchedule};
use crate::message::time;
use crate::store::delivery::{
    Horizon, State, bring_forward, count_dead_of, count_waiting_for, too_far_ahead,
};
use crate::store::listener::{Watched, watched};
use crate::store::{Error, Store, subscription};
use crate::telemetry::{ListenerMetrics, LogThrottle};
use crate::worker::{Next, Rest, Worker};

/// How often each listener is looked at, unless that takes long.
const LOOK: Duration = Duration::from_secs(5);

/// Looking takes longer the more waits. It uses no more than this part of the time.
const PART: u32 = 20;

/// Listeners that are looked up at a time.
const PAGE: i64 = 500;

/// How far ahead a claim may end, in microseconds. Two leases: the clocks of servers differ a little.
const CLAIMED: i64 = 2 * LEASE;

/// The same for claims of those who fetch events themselves, who may ask for an hour.
const FETCHED: i64 = 2 * 3600 * time::SECOND;

/// Watches the backlogs of all listeners.
pub struct Backlogs {
    store: Store,
    clock: Clock,
    max_pending: i64,
    metrics: ListenerMetrics,
    unread: LogThrottle,
}

/// What waits, and the dead letters, by notifier.
type Counts = BTreeMap<Kind, (i64, i64)>;

impl Backlogs {
    /// Follows the configuration.
    pub fn new(config: &Config, store: Store, clock: Clock, metrics: ListenerMetrics) -> Self {
        Self {
            store,
            clock,
            max_pending: i64::try_from(config.listeners.max_pending).unwrap_or(i64::MAX),
            metrics,
            unread: LogThrottle::default(),
        }
    }

    async fn look(&self, stop: &CancellationToken) -> Result<(), Error> {
        let mut after = Uuid::nil();
        let mut counts: Counts = Kind::ALL.map(|kind| (kind, (0, 0))).into();
        loop {
            let page = self.store.read(move |read| watched(read, after, PAGE)).await?;
            for listener in &page {
                if stop.is_cancelled() {
                    return Ok(());
                }
                match self.look_at(*listener, &mut counts).await {
                    // It must not hold up the others.
                    Err(error @ Error::Broken(_)) => {
                        tracing::error!(listener = %listener.id, %error, "what waits for a listener cannot be counted");
                    }
                    looked => looked?,
                }
            }
            match page.last() {
                Some(last) => after = last.id,
                None => break,
            }
        }
        for (kind, (waiting, dead)) in counts {
            self.metrics
                .deliveries(kind.name(), State::Waiting.name())
                .set(waiting);
            self.metrics.deliveries(kind.name(), State::Dead.name()).set(dead);
        }
        Ok(())
    }

    async fn look_at(&self, listener: Watched, counts: &mut Counts) -> Result<(), Error> {
        let (waiting, dead) = self.count(listener.id).await?;
        let of_kind = counts.entry(listener.kind).or_default();
        *of_kind = (of_kind.0 + waiting, of_kind.1 + dead);
        self.bound(listener, waiting).await?;
        self.bring_forward(listener).await
    }

    /// Counts what waits for a listener, and its dead letters, each up to the most that may wait.
    async fn count(&self, listener: Uuid) -> Result<(i64, i64), Error> {
        let most = self.max_pending;
        let read = self.store.read(move |read| {
            let waiting = count_waiting_for(read, listener, most)?;
            Ok((waiting, count_dead_of(read, listener, most)?))
        });
        read.await
    }

    /// Notes that a listener is full, and that it no longer is once less than four fifths wait.
    async fn bound(&self, listener: Watched, waiting: i64) -> Result<(), Error> {
        let (id, most) = (listener.id, self.max_pending);
        let is_full = if listener.is_full {
            waiting.saturating_mul(5) >= most.saturating_mul(4)
        } else {
            waiting >= most
        };
        // A disabled one gets no events.
        if listener.is_enabled && is_full != listener.is_full {
            self.store
                .write(move |tx| subscription::set_full(tx, id, is_full))
                .await?;
            if is_full {
                tracing::warn!(listener = %id, waiting, "too many events wait for a listener; further ones become dead letters");
            } else {
                tracing::info!(listener = %id, waiting, "a listener gets further events again");
            }
        }
        Ok(())
    }

    /// Makes due what a wrong clock has put off.
    async fn bring_forward(&self, listener: Watched) -> Result<(), Error> {
        let (id, now) = (listener.id, self.clock.now());
        let claimed = if listener.kind == Kind::Pull {
            FETCHED
        } else {
            CLAIMED
        };
        let longest = i64::try_from(RetrySchedule::LONGEST.as_micros()).unwrap_or(i64::MAX);
        let horizon = Horizon {
            claims: now.saturating_add(claimed),
            retries: now.saturating_add(longest),
        };
        loop {
            let found = self
                .store
                .read(move |read| too_far_ahead(read, id, horizon))
                .await?;
            if found.is_empty() {
                return Ok(());
            }
            let count = self
                .store
                .write(move |tx| bring_forward(tx, id, &found, horizon, now))
                .await?;
            tracing::warn!(listener = %id, count, "a clock was set back: deliveries that were due too late are due now");
        }
    }
}

impl Worker for Backlogs {
    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let begun = Instant::now();
        if let Err(error) = self.look(stop).await
            && let Some(held_back) = self.unread.due()
        {
            tracing::warn!(%error, held_back, "what waits for listeners cannot be counted");
        }
        Next::Rest(Rest::of(LOOK.max(begun.elapsed() * PART)))
    }
}
