//! One driver's way through the outbox: a step that can be tested, and the loop around it.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::watch;
use uuid::Uuid;

use super::bounds::{self, Bounds};
use super::{Backoff, Delivered, Driver};
use crate::clock::Clock;
use crate::config::host_name;
use crate::event::Envelope;
use crate::message::time;
use crate::store::event::outbox;
use crate::store::{Error, Store, lease};
use crate::telemetry::DriverMetrics;

/// How long a server that died keeps others from sending, in microseconds; and how often it is renewed meanwhile.
const LEASE: i64 = 15 * time::SECOND;
const RENEW: Duration = Duration::from_secs(5);

/// How often the outbox is looked at where nobody says that something was reported here: other servers write, too.
const POLL: Duration = Duration::from_millis(500);

/// How often a server that may not send asks whether it may.
const ASK: Duration = Duration::from_secs(2);

/// How long what waits may take to be sent when the server is told to stop. The rest waits for the next start.
const GRACE: Duration = Duration::from_secs(5);

/// How fast, and how stubbornly.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Events that are sent together.
    pub batch_size: usize,
    /// How often events are tried again before they are dropped; for ever, when none.
    pub retry: Option<u32>,
    /// Rests after failures.
    pub backoff: Backoff,
    /// What may wait.
    pub bounds: Bounds,
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
    clock: Clock,
    driver: D,
    target: &'static str,
    pace: Pace,
    metrics: DriverMetrics,
    lease: String,
    holder: String,
    /// Until when the lease is held, in microseconds since 1970, if it is.
    held_until: Option<i64>,
    failing: Option<Failing>,
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
        let holder = format!(
            "{}, process {}, {}",
            host_name(),
            std::process::id(),
            Uuid::new_v4().simple()
        );
        Self {
            store,
            clock,
            driver,
            target,
            pace,
            metrics,
            lease: format!("delivery:{target}"),
            holder,
            held_until: None,
            failing: None,
        }
    }

    /// Sends until it is told to stop, then what is left within a few seconds.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        loop {
            let store = self.store.clone();
            let mut reported = pin!(store.events_reported());
            reported.as_mut().enable();
            let mut until = stop.clone();
            let outcome = tokio::select! {
                outcome = AssertUnwindSafe(self.step()).catch_unwind() => outcome.unwrap_or_else(|_| {
                    // A bug in one step must not end all sending.
                    Err(Error::Broken("sending events panicked".to_owned()))
                }),
                () = grace_is_over(&mut until) => break,
            };
            let is_stopping = *stop.borrow();
            let is_idle = matches!(outcome, Ok(Step::Idle));
            let rest = match outcome {
                Ok(Step::Sent(_)) => continue,
                _ if is_stopping => break,
                Ok(Step::Idle) => POLL,
                Ok(Step::Failed(rest)) => rest,
                Ok(Step::Away) => ASK,
                Err(error) => {
                    tracing::warn!(driver = self.target, %error, "events cannot be read now");
                    self.held_until = None;
                    ASK
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = reported, if is_idle => {}
                _ = stop.wait_for(|is_told| *is_told) => {}
            }
        }
        self.end().await;
    }

    /// Claims, sends, takes out.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn step(&mut self) -> Result<Step, Error> {
        if !self.hold().await? {
            return Ok(Step::Away);
        }
        self.pace
            .bounds
            .keep(&self.store, &self.clock, self.target, &self.metrics)
            .await?;
        let (target, limit) = (
            self.target,
            i64::try_from(self.pace.batch_size).unwrap_or(i64::MAX),
        );
        let events = self
            .store
            .read(move |conn| outbox::claim(conn, target, limit))
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

    /// Sends, and keeps the lease while that takes; nothing when it was lost.
    async fn deliver(&mut self, events: &[Envelope]) -> Result<Option<Delivered>, Error> {
        let lease = Lease {
            store: &self.store,
            clock: &self.clock,
            name: &self.lease,
            holder: &self.holder,
        };
        let mut delivery = pin!(self.driver.deliver(events));
        loop {
            tokio::select! {
                delivered = &mut delivery => return Ok(Some(delivered)),
                () = tokio::time::sleep(RENEW) => {
                    self.held_until = lease.take().await?;
                    if self.held_until.is_none() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Takes out what has arrived and renews the lease with it; gives whether it is still held.
    async fn settle(&mut self, events: &[Envelope]) -> Result<bool, Error> {
        if events.is_empty() {
            return Ok(true);
        }
        let ids: Vec<Uuid> = events.iter().map(|event| event.message_id).collect();
        let count = u64::try_from(ids.len()).unwrap_or(0);
        let (name, holder, target) = (self.lease.clone(), self.holder.clone(), self.target);
        let now = self.clock.now();
        let settled = self.store.write(move |tx| {
            // They have arrived, whoever sends now.
            outbox::settle(tx, target, &ids)?;
            match lease::take(tx, &name, &holder, now, now + LEASE) {
                Ok(()) => Ok(true),
                Err(Error::Conflict(_)) => Ok(false),
                Err(error) => Err(error),
            }
        });
        let is_ours = settled.await?;
        self.metrics.delivered.inc_by(count);
        self.held_until = is_ours.then_some(now + LEASE);
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
            let tried = events[arrived..].iter().map(|event| event.message_id);
            let ids = tried.take_while(|id| *id <= failing.last).collect();
            bounds::drop_events(
                &self.store,
                self.target,
                ids,
                &self.metrics,
                "they were tried often enough",
            )
            .await?;
        } else {
            self.failing = Some(failing);
        }
        Ok(Step::Failed(rest))
    }

    /// Whether this server may send.
    async fn hold(&mut self) -> Result<bool, Error> {
        let now = self.clock.now();
        if self
            .held_until
            .is_some_and(|until| until.saturating_sub(now) > LEASE / 2)
        {
            return Ok(true);
        }
        let lease = Lease {
            store: &self.store,
            clock: &self.clock,
            name: &self.lease,
            holder: &self.holder,
        };
        self.held_until = lease.take().await?;
        Ok(self.held_until.is_some())
    }

    async fn end(mut self) {
        let (name, holder) = (self.lease.clone(), self.holder.clone());
        let released = self.store.write(move |tx| lease::release(tx, &name, &holder));
        if let Err(error) = released.await {
            tracing::warn!(driver = self.target, %error, "the right to send is kept until it runs out");
        }
        self.driver.close().await;
    }
}

/// The right to send.
struct Lease<'a> {
    store: &'a Store,
    clock: &'a Clock,
    name: &'a str,
    holder: &'a str,
}

impl Lease<'_> {
    /// Until when it is held; nothing when another server has it.
    async fn take(&self) -> Result<Option<i64>, Error> {
        let (name, holder) = (self.name.to_owned(), self.holder.to_owned());
        let now = self.clock.now();
        let taken = self
            .store
            .write(move |tx| lease::take(tx, &name, &holder, now, now + LEASE));
        match taken.await {
            Ok(()) => Ok(Some(now + LEASE)),
            Err(Error::Conflict(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

async fn grace_is_over(stop: &mut watch::Receiver<bool>) {
    // Whoever held the other end is gone, which means the same.
    let _ = stop.wait_for(|is_told| *is_told).await;
    tokio::time::sleep(GRACE).await;
}
