//! Watches what waits for listeners: that it is not too much, and that no wrong clock delays it.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::exchange::LEASE;
use crate::clock::Clock;
use crate::config::Config;
use crate::listener::RetrySchedule;
use crate::message::time;
use crate::store::delivery::{Horizon, bring_forward, count_waiting_for, too_far_ahead};
use crate::store::listener::{Watched, watched};
use crate::store::{Error, Store, subscription};
use crate::telemetry::LogThrottle;
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
    unread: LogThrottle,
}

impl Backlogs {
    /// Follows the configuration.
    pub fn new(config: &Config, store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            max_pending: i64::try_from(config.listeners.max_pending).unwrap_or(i64::MAX),
            unread: LogThrottle::default(),
        }
    }

    async fn look(&self, stop: &CancellationToken) -> Result<(), Error> {
        let mut after = Uuid::nil();
        loop {
            let page = self.store.read(move |read| watched(read, after, PAGE)).await?;
            for listener in &page {
                if stop.is_cancelled() {
                    return Ok(());
                }
                self.bound(*listener).await?;
                self.bring_forward(*listener).await?;
            }
            match page.last() {
                Some(last) => after = last.id,
                None => return Ok(()),
            }
        }
    }

    /// Notes that a listener is full, and that it no longer is once less than four fifths wait.
    async fn bound(&self, listener: Watched) -> Result<(), Error> {
        let (id, most) = (listener.id, self.max_pending);
        let waiting = self.store.read(move |read| count_waiting_for(read, id, most));
        let waiting = waiting.await?;
        let is_full = if listener.is_full {
            waiting.saturating_mul(5) >= most.saturating_mul(4)
        } else {
            waiting >= most
        };
        if is_full != listener.is_full {
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
        let claimed = if listener.is_pull { FETCHED } else { CLAIMED };
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
