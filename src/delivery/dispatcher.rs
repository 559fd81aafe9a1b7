//! One driver's way through the outbox.

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
use crate::store::delivery;
use crate::store::{Error, Store};
use crate::telemetry::{DriverMetrics, LogThrottle};
use crate::worker::{Next, Rest, Worker};

/// How often the outbox is looked at where nobody says that something was reported here: other servers write, too.
const POLL: Duration = Duration::from_millis(500);

/// How often a server that may not send asks whether it may.
const ASK: Duration = Duration::from_secs(2);

/// How long each may take of giving the lease back and saying goodbye to the broker, before the server ends without.
const CLOSING: Duration = Duration::from_secs(1);

/// How fast, and how stubbornly.
#[derive(Debug)]
pub struct Pace {
    /// Events that are sent together.
    pub batch_size: usize,
    /// How often events are tried again before they are dropped; for ever, when none.
    pub retry: Option<u32>,
    /// Rests after failures.
    pub backoff: Backoff,
    /// What may wait.
    pub bounds: Bounds,
    /// How often the lease is renewed and the bounds are looked at while a delivery is under way.
    pub look: Duration,
    /// How long a delivery may go on without that another event arrives, before it is given up as failed.
    pub patience: Duration,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to send.
    Idle,
    /// So many events have arrived.
    Sent(usize),
    /// Some have not; it is worth another try after this rest.
    Failed(Duration),
    /// Another server sends, or the database cannot be used now.
    Away,
}

/// Sends the events of one driver.
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

/// Events that could not be sent.
struct Failing {
    /// The last of those that were tried first.
    last: Uuid,
    failures: u32,
}

impl<D: Driver> Dispatcher<D> {
    /// A dispatcher of what waits for `target`.
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

    /// Claims, sends, takes out.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn step(&mut self) -> Result<Step, Error> {
        let step = self.try_step().await?;
        if step == Step::Away {
            self.look_away();
        }
        Ok(step)
    }

    /// What waits is told by the server that sends. Where that is another one, what this one saw last is of no use.
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
        let clock = lease.clock().clone();
        last_release.take_over(&self.store, &clock, target).await?;
        let (target, limit) = (self.target, self.pace.batch_size);
        let events = self
            .store
            .read(move |conn| delivery::claim(conn, target, limit))
            .await?;
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

    /// Sends, and keeps the lease and the bounds while that takes; nothing when the lease was lost.
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
                        "events were sent and none arrives"
                    ),
                    Decision::GiveUp(idle) => break idle,
                }
            }
        };
        let why = driver.give_up();
        Ok(Some(Delivered {
            count: progress.count(),
            failure: Some(format!("none has arrived for {} s: {why}", idle.as_secs())),
        }))
    }

    /// Takes out what has arrived and renews the lease with it; gives whether it is still held.
    async fn settle(&mut self, events: &[Envelope]) -> Result<bool, Error> {
        if events.is_empty() {
            return Ok(true);
        }
        let (ids, target) = (ids(events), self.target);
        // They have arrived, whoever sends now. What was dropped meanwhile is counted as such.
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
            "events could not be sent; they wait"
        );
        let failing = self.failing.take().filter(|_| arrived == 0);
        let last = events.last().map(|event| event.message_id).unwrap_or_default();
        let mut failing = failing.unwrap_or(Failing { last, failures: 0 });
        failing.failures += 1;
        if self.pace.retry.is_some_and(|retry| failing.failures > retry) {
            let left = events.get(arrived..).unwrap_or_default();
            let tried = left.iter().take_while(|event| event.message_id <= failing.last);
            self.give_up(&left[..tried.count()]).await?;
        } else {
            self.failing = Some(failing);
        }
        Ok(Step::Failed(rest))
    }

    /// Drops what was tried often enough.
    async fn give_up(&mut self, events: &[Envelope]) -> Result<(), Error> {
        let (ids, target) = (ids(events), self.target);
        let dropped = self
            .lease
            .write(move |tx| delivery::give_up(tx, target, &ids))
            .await?;
        if let Some(dropped) = dropped.flatten() {
            dropped.report(&self.metrics, "they were tried often enough");
        }
        Ok(())
    }
}

impl<D: Driver + 'static> Worker for Dispatcher<D> {
    /// For what waits when the server is told to stop. The rest waits for the next start.
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
                    tracing::warn!(driver = self.target, %error, held_back, "events cannot be read now");
                }
                ASK
            }
        };
        Next::Rest(Rest::of(rest))
    }

    /// Never waits for a database or a broker that does not answer: the lease runs out by itself, and the broker notices
    /// a connection that is gone.
    async fn end(mut self) {
        self.look_away();
        match tokio::time::timeout(CLOSING, self.lease.release()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(driver = self.target, %error, "the right to send is kept until it runs out");
            }
            Err(_) => {
                tracing::warn!(
                    driver = self.target,
                    "the right to send is kept until it runs out"
                );
            }
        }
        if tokio::time::timeout(CLOSING, self.driver.close()).await.is_err() {
            let why = self.driver.give_up();
            tracing::warn!(driver = self.target, why, "the connection is cut");
        }
    }
}

fn ids(events: &[Envelope]) -> Vec<Uuid> {
    events.iter().map(|event| event.message_id).collect()
}
