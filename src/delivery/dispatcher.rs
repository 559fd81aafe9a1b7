//! Takes one driver's events through their deliveries.

use std::pin::pin;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::bounds::Bounds;
use super::drivers::{Delivered, Driver, Progress};
use super::last_release::LastRelease;
use super::lease::Lease;
use super::patience::{Decision, Patience};
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::event::Envelope;
use crate::store::delivery::{self, Claim};
use crate::store::{Error, Store};
use crate::telemetry::{DriverMetrics, LogThrottle};
use crate::worker::{Next, Rest, Worker};

/// How often the database is polled for events that other servers wrote.
const POLL: Duration = Duration::from_millis(500);

/// How often a server without the lease tries to get it.
const ASK: Duration = Duration::from_secs(2);

/// The time limit for releasing the lease: other servers wait longer for one that is not released.
const RELEASING: Duration = Duration::from_secs(5);

/// The time limit for closing the connection.
const CLOSING: Duration = Duration::from_secs(1);

/// The pace of deliveries and retries.
#[derive(Debug)]
pub struct Pace {
    /// Events per delivery.
    pub batch_size: usize,
    /// How often events are retried before they are dropped; `None` for no limit.
    pub retry: Option<u32>,
    /// Waits after failures.
    pub backoff: Backoff,
    /// The limits of the backlog.
    pub bounds: Bounds,
    /// How often the lease is renewed and the backlog checked during a delivery.
    pub look: Duration,
    /// How long a delivery may make no progress before it counts as failed.
    pub patience: Duration,
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to deliver.
    Idle,
    /// This many events were delivered.
    Sent(usize),
    /// Some were not delivered; retry after this wait.
    Failed(Duration),
    /// Another server holds the lease, or the database is unavailable.
    Away,
}

/// Delivers the events of one driver.
pub struct Dispatcher<D> {
    store: Store,
    driver: D,
    target: &'static str,
    pace: Pace,
    metrics: DriverMetrics,
    lease: Lease,
    last_release: LastRelease,
    failing: Option<Failing>,
    unread: LogThrottle,
}

/// Events that could not be delivered.
struct Failing {
    /// The last event of the first failed attempt.
    last: Uuid,
    failures: u32,
}

impl<D: Driver> Dispatcher<D> {
    /// Creates a dispatcher for the events of `target`.
    pub fn new(
        store: Store,
        clock: Clock,
        driver: D,
        target: &'static str,
        pace: Pace,
        metrics: DriverMetrics,
    ) -> Self {
        Self {
            lease: Lease::new(store.clone(), clock, target),
            store,
            driver,
            target,
            pace,
            metrics,
            last_release: LastRelease::default(),
            failing: None,
            unread: LogThrottle::default(),
        }
    }

    /// Claims events, delivers them and removes the delivered ones.
    ///
    /// # Errors
    /// Any error of the database.
    pub async fn step(&mut self) -> Result<Step, Error> {
        let step = self.try_step().await?;
        if step == Step::Away {
            self.look_away();
        }
        Ok(step)
    }

    /// Resets the backlog metrics: only the lease holder reports the backlog.
    fn look_away(&mut self) {
        self.pace.bounds.forget();
        self.metrics.waiting.set(0);
        self.metrics.oldest.set(0.0);
    }

    async fn try_step(&mut self) -> Result<Step, Error> {
        let Self {
            lease,
            pace,
            target,
            metrics,
            last_release,
            ..
        } = self;
        if !lease.hold().await? || !pace.bounds.keep(lease, target, metrics).await? {
            return Ok(Step::Away);
        }
        if !last_release.take_over(lease, target).await? {
            return Ok(Step::Away);
        }
        let (target, limit) = (self.target, self.pace.batch_size);
        let Claim { events, lost } = self
            .store
            .read(move |conn| delivery::claim(conn, target, limit))
            .await?;
        if !lost.is_empty()
            && !self
                .give_up(lost, "their payloads are missing or cannot be read")
                .await?
        {
            return Ok(Step::Away);
        }
        if events.is_empty() {
            return Ok(Step::Idle);
        }
        let Some(delivered) = self.deliver(&events).await? else {
            return Ok(Step::Away);
        };
        let is_ours = self.settle(&events[..delivered.count.min(events.len())]).await?;
        if !is_ours {
            return Ok(Step::Away);
        }
        match delivered.failure {
            None => {
                self.failing = None;
                self.pace.backoff.succeeded();
                Ok(Step::Sent(events.len()))
            }
            Some(failure) => self.failed(&events, delivered.count, &failure).await,
        }
    }

    /// Delivers, and meanwhile renews the lease and checks the backlog; `None` if the lease was lost.
    async fn deliver(&mut self, events: &[Envelope]) -> Result<Option<Delivered>, Error> {
        let Self {
            driver,
            lease,
            pace,
            target,
            metrics,
            ..
        } = self;
        let progress = Progress::default();
        let mut patience = Patience::new(pace.patience, Instant::now());
        let idle = {
            let mut delivery = pin!(driver.deliver(events, &progress));
            loop {
                tokio::select! {
                    delivered = &mut delivery => return Ok(Some(delivered)),
                    () = tokio::time::sleep(pace.look) => {}
                }
                if !lease.renew().await? || !pace.bounds.keep(lease, target, metrics).await? {
                    return Ok(None);
                }
                match patience.look(progress.count(), Instant::now()) {
                    Decision::Wait => {}
                    Decision::Slow(idle) => tracing::warn!(
                        driver = *target,
                        seconds = idle.as_secs(),
                        "events were sent, but none has been confirmed"
                    ),
                    Decision::GiveUp(idle) => break idle,
                }
            }
        };
        let why = driver.give_up();
        Ok(Some(Delivered {
            count: progress.count(),
            failure: Some(format!("nothing confirmed for {} s: {why}", idle.as_secs())),
        }))
    }

    /// Removes the delivered events and renews the lease in the same transaction; returns whether it is still held.
    async fn settle(&mut self, events: &[Envelope]) -> Result<bool, Error> {
        if events.is_empty() {
            return Ok(true);
        }
        let (ids, target) = (ids(events), self.target);
        // They were delivered, even if another server holds the lease now. Events dropped in the meantime are counted as dropped.
        let settled = self
            .lease
            .write_anyway(move |tx| delivery::settle(tx, target, &ids));
        let (settled, is_ours) = settled.await?;
        self.metrics.delivered.inc_by(u64::try_from(settled).unwrap_or(0));
        Ok(is_ours)
    }

    async fn failed(&mut self, events: &[Envelope], arrived: usize, failure: &str) -> Result<Step, Error> {
        self.metrics.failures.inc();
        let rest = self.pace.backoff.failed();
        tracing::warn!(
            driver = self.target,
            waiting = events.len() - arrived,
            seconds = rest.as_secs_f64(),
            failure,
            "events could not be sent; retrying later"
        );
        let failing = self.failing.take().filter(|_| arrived == 0);
        let last = events.last().map(|event| event.message_id).unwrap_or_default();
        let mut failing = failing.unwrap_or(Failing { last, failures: 0 });
        failing.failures += 1;
        if self.pace.retry.is_some_and(|retry| failing.failures > retry) {
            let left = events.get(arrived..).unwrap_or_default();
            let tried = left.iter().take_while(|event| event.message_id <= failing.last);
            let tried = ids(&left[..tried.count()]);
            self.give_up(tried, "out of retries").await?;
        } else {
            self.failing = Some(failing);
        }
        Ok(Step::Failed(rest))
    }

    /// Drops events that can no longer be delivered; returns whether the lease is still held.
    async fn give_up(&mut self, ids: Vec<Uuid>, reason: &str) -> Result<bool, Error> {
        let target = self.target;
        let dropped = self
            .lease
            .write(move |tx| delivery::give_up(tx, target, &ids))
            .await?;
        let is_ours = dropped.is_some();
        if let Some(dropped) = dropped.flatten() {
            dropped.report(&self.metrics, reason);
        }
        Ok(is_ours)
    }
}

impl<D: Driver + 'static> Worker for Dispatcher<D> {
    /// For pending events when the server stops. The rest waits for the next start.
    const GRACE: Option<Duration> = Some(Duration::from_secs(5));

    async fn step(&mut self, _: &CancellationToken) -> Next {
        let reported = self.store.events_reported();
        let rest = match self.step().await {
            Ok(Step::Sent(_)) => return Next::Step,
            Ok(Step::Idle) => return Next::Rest(Rest::of(POLL).unless(reported)),
            Ok(Step::Failed(rest)) => rest,
            Ok(Step::Away) => ASK,
            Err(error) => {
                if let Some(held_back) = self.unread.due() {
                    tracing::warn!(driver = self.target, %error, held_back, "events cannot be read");
                }
                ASK
            }
        };
        Next::Rest(Rest::of(rest))
    }

    /// Never waits for an unresponsive database or broker: the lease expires by itself, and the broker notices a closed
    /// connection.
    async fn end(mut self) {
        self.look_away();
        match tokio::time::timeout(RELEASING, self.lease.release()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(driver = self.target, %error, "the lease could not be released; it expires by itself");
            }
            Err(_) => {
                tracing::warn!(
                    driver = self.target,
                    "the lease could not be released; it expires by itself"
                );
            }
        }
        if tokio::time::timeout(CLOSING, self.driver.close()).await.is_err() {
            let why = self.driver.give_up();
            tracing::warn!(driver = self.target, why, "connection cut");
        }
    }
}

fn ids(events: &[Envelope]) -> Vec<Uuid> {
    events.iter().map(|event| event.message_id).collect()
}
