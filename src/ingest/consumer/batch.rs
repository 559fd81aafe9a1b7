//! Batches of deliveries: planned, recorded in one transaction, then acknowledged.

use std::time::{Duration, Instant};

use lapin::message::Delivery;
use lapin::types::{AMQPValue, ShortString};
use tokio_util::sync::CancellationToken;

use super::feed::Weighed;
use super::link::Link;
use super::lost::Lost;
use super::refusals::Refusals;
use super::waiting::Received;
use crate::backoff::Backoff;
use crate::brief::{self, brief};
use crate::bus;
use crate::clock::Clock;
use crate::event::Reporter;
use crate::ingest::gather::{Gathering, Tally};
use crate::ingest::plan::Planner;
use crate::store::{Error, Store};
use crate::telemetry::{IngestMetrics, LogThrottle};

/// The attempts for a single notification that the database rejects: another server may just have recorded it, or the
/// database may have been repaired a moment ago.
const TRIES: u32 = 5;

/// The first wait while the database is unavailable.
const FIRST_REST: Duration = Duration::from_millis(50);

/// The longest such wait.
const LONGEST_REST: Duration = Duration::from_secs(2);

/// Plans and records batches of deliveries.
pub(super) struct Batches {
    pub(super) planner: Planner,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) reporter: Reporter,
    pub(super) metrics: IngestMetrics,
    pub(super) refusals: Refusals,
    /// The most deliveries of a batch.
    pub(super) prefetch: usize,
}

/// Why a batch was not recorded.
enum Failure {
    /// Something in the batch caused it.
    Poisoned(Error),
    /// The broker cannot be told any more, or time is up.
    Lost(Lost),
}

/// A batch of readable deliveries.
#[derive(Default)]
pub(super) struct Prepared {
    received: Vec<Received>,
    bytes: usize,
    gathering: Gathering,
}

impl Prepared {
    /// Returns the number of deliveries.
    pub(super) fn len(&self) -> usize {
        self.received.len()
    }

    /// Returns their size in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn push(&mut self, received: Received) {
        self.bytes += received.delivery.data.len();
        self.received.push(received);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.received.is_empty()
    }
}

impl Batches {
    /// Plans deliveries, and rejects those that cannot be decoded.
    pub(super) async fn prepare(
        &self,
        link: &Link,
        delivered: Vec<Weighed>,
        prepared: &mut Prepared,
    ) -> Result<(), Lost> {
        self.begin(prepared);
        for delivery in delivered {
            self.metrics.received.inc();
            link.met(delivery.0.routing_key.as_str());
            match self.plan(&delivery.0, &mut prepared.gathering) {
                Ok(()) => prepared.push(Received::now(delivery)),
                Err(error) => self.reject(link, &delivery.0, &error).await?,
            }
        }
        Ok(())
    }

    /// Plans deliveries again whose resource had no known owner.
    pub(super) fn prepare_again(&self, waiting: Vec<Received>, prepared: &mut Prepared) {
        self.begin(prepared);
        for received in waiting {
            // It was readable before.
            let _ = self.plan(&received.delivery, &mut prepared.gathering);
            prepared.push(received);
        }
    }

    fn begin(&self, prepared: &mut Prepared) {
        if prepared.is_empty() {
            // It may have waited for hours.
            prepared.gathering = Gathering::new(self.clock.now());
        }
    }

    /// Records a prepared batch, acknowledges it, and rejects what cannot be recorded. Returns the deliveries that have
    /// to wait for their owner to become known, as `waiting` others already do.
    pub(super) async fn settle(
        &self,
        link: &Link,
        prepared: Prepared,
        waiting: usize,
        stop: CancellationToken,
    ) -> Result<Vec<Received>, Lost> {
        let Prepared {
            received, gathering, ..
        } = prepared;
        let mut room = self.prefetch.saturating_sub(waiting);
        match self.record(link, &received, gathering, &mut room, &stop).await {
            Ok(ownerless) if waiting == 0 && ownerless.is_empty() => {
                // No delivery below the highest tag is still open.
                if let Some(last) = received
                    .iter()
                    .map(|received| received.delivery.delivery_tag)
                    .max()
                {
                    link.acknowledge(last, true).await?;
                }
                Ok(Vec::new())
            }
            Ok(ownerless) => {
                let (held, done) = apart(received, &ownerless);
                for received in done {
                    link.acknowledge(received.delivery.delivery_tag, false).await?;
                }
                Ok(held)
            }
            Err(Failure::Lost(reason)) => Err(reason),
            Err(Failure::Poisoned(error)) => {
                let many = received.len();
                tracing::warn!(notifications = many, %error, "notifications are recorded one at a time");
                let mut held = Vec::new();
                for received in received {
                    held.extend(self.settle_alone(link, received, &mut room, &stop).await?);
                }
                Ok(held)
            }
        }
    }

    async fn settle_alone(
        &self,
        link: &Link,
        received: Received,
        room: &mut usize,
        stop: &CancellationToken,
    ) -> Result<Option<Received>, Lost> {
        let tag = received.delivery.delivery_tag;
        let alone = std::slice::from_ref(&received);
        for tries in 1.. {
            match self.record(link, alone, self.gather(alone), room, stop).await {
                Ok(ownerless) if ownerless.is_empty() => break,
                Ok(_) => return Ok(Some(received)),
                Err(Failure::Lost(reason)) => return Err(reason),
                Err(Failure::Poisoned(_)) if tries < TRIES => tokio::time::sleep(FIRST_REST).await,
                Err(Failure::Poisoned(error)) => {
                    self.reject(link, &received.delivery, &error).await?;
                    return Ok(None);
                }
            }
        }
        link.acknowledge(tag, false).await?;
        Ok(None)
    }

    fn plan(&self, delivery: &Delivery, gathering: &mut Gathering) -> Result<(), bus::Malformed> {
        let notification = self.read(delivery)?;
        let exchange = delivery.exchange.as_str();
        if let Some(reason) = gathering.add(&self.planner, &notification, exchange)
            && let Some(untold) = self.refusals.note(Instant::now())
        {
            let id = notification.message_id.as_deref().unwrap_or_default();
            let id = &*brief(id, brief::NAME);
            tracing::warn!(exchange, id, reason, untold, "an order of a message was refused");
        }
        Ok(())
    }

    /// Plans the same deliveries again.
    fn gather(&self, received: &[Received]) -> Gathering {
        let mut gathering = Gathering::new(self.clock.now());
        for received in received {
            // It was readable before.
            let _ = self.plan(&received.delivery, &mut gathering);
        }
        gathering
    }

    /// Records, and waits while the database is unavailable. Messages that waited get the time of their commit. Returns
    /// the deliveries without a known owner that may wait, at most as many as there is room for.
    async fn record(
        &self,
        link: &Link,
        received: &[Received],
        mut gathering: Gathering,
        room: &mut usize,
        stop: &CancellationToken,
    ) -> Result<Vec<usize>, Failure> {
        let mut backoff = Backoff::new(FIRST_REST, LONGEST_REST);
        let mut waits = LogThrottle::default();
        loop {
            let recorded = if gathering.is_empty() {
                Ok(Vec::new())
            } else {
                self.store.ingest(gathering.batch(), &self.reporter).await
            };
            match recorded {
                Ok(outcomes) => {
                    let mut ownerless = gathering.ownerless(&outcomes);
                    ownerless.retain(|index| received.get(*index).is_some_and(Received::may_wait));
                    ownerless.truncate(*room);
                    *room -= ownerless.len();
                    self.count(gathering.tally(&outcomes), ownerless.len());
                    return Ok(ownerless);
                }
                Err(error @ (Error::Busy(_) | Error::Unavailable(_))) => {
                    if let Some(held_back) = waits.due() {
                        tracing::warn!(%error, held_back, "notifications wait for the database");
                    }
                }
                Err(error) => match self.store.can_ingest(self.clock.now(), &self.reporter).await {
                    Ok(()) => return Err(Failure::Poisoned(error)),
                    Err(error) => {
                        if let Some(held_back) = waits.due() {
                            tracing::error!(%error, held_back, "the database rejects every notification; all of them wait");
                        }
                    }
                },
            }
            tokio::select! {
                () = tokio::time::sleep(backoff.failed()) => {}
                () = stop.cancelled() => return Err(Failure::Lost(Lost::Stopped)),
            }
            if !link.is_up() {
                return Err(Failure::Lost(Lost::Cancelled));
            }
            gathering = self.gather(received);
        }
    }

    /// Counts the outcome of a batch; deliveries that wait have no outcome yet.
    fn count(&self, tally: Tally, waiting: usize) {
        let waiting = u64::try_from(waiting).unwrap_or_default();
        self.metrics.recorded.inc_by(tally.recorded);
        self.metrics.repeated.inc_by(tally.repeated);
        self.metrics
            .ownerless
            .inc_by(tally.ownerless.saturating_sub(waiting));
        self.metrics.unmatched.inc_by(tally.unmatched);
        self.metrics.refused.inc_by(tally.refused);
    }

    /// Rejects a delivery that cannot be processed. Its contents are not logged.
    async fn reject(
        &self,
        link: &Link,
        delivery: &Delivery,
        error: &(dyn std::error::Error + Sync),
    ) -> Result<(), Lost> {
        self.metrics.rejected.inc();
        tracing::error!(
            exchange = delivery.exchange.as_str(),
            key = delivery.routing_key.as_str(),
            bytes = delivery.data.len(),
            %error,
            "a notification was rejected"
        );
        link.reject(delivery.delivery_tag).await
    }

    fn read(&self, delivery: &Delivery) -> Result<bus::Notification, bus::Malformed> {
        let properties = &delivery.properties;
        let content_type = properties.content_type().as_ref().map(ShortString::as_str);
        let compression = properties
            .headers()
            .as_ref()
            .and_then(|headers| headers.inner().get("compression"));
        let compression = match compression {
            Some(AMQPValue::LongString(text)) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
            Some(AMQPValue::ShortString(text)) => Some(text.as_str().to_owned()),
            Some(_) => return Err(bus::Malformed::Compression),
            None => None,
        };
        self.planner
            .read(content_type, compression.as_deref(), &delivery.data)
    }
}

/// Splits off the deliveries at the given positions, in ascending order.
fn apart(received: Vec<Received>, named: &[usize]) -> (Vec<Received>, Vec<Received>) {
    let (mut held, mut done) = (
        Vec::with_capacity(named.len()),
        Vec::with_capacity(received.len()),
    );
    let mut named = named.iter().peekable();
    for (index, received) in received.into_iter().enumerate() {
        if named.next_if(|named| **named == index).is_some() {
            held.push(received);
        } else {
            done.push(received);
        }
    }
    (held, done)
}
