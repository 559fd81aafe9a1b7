//! Consumes notifications from the broker until stopped.
//!
//! A notification is acknowledged after it was recorded, so nothing is lost if this process or the broker goes down; a
//! redelivered one is recognized by its id. A lost connection is reopened with growing waits.

mod batch;
mod bindings;
mod feed;
mod link;
mod lost;
mod refusals;
mod waiting;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::plan::{Planner, UnknownType};
use crate::backoff::Backoff;
use crate::bus::{self, Broker};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::event::Reporter;
use crate::store::Store;
use crate::telemetry::{IngestMetrics, Metrics};
use crate::worker::{Next, Rest, Task, Worker};
use batch::{Batches, Prepared};
use feed::Window;
use link::Opened;
use lost::Lost;
use refusals::Refusals;
use waiting::Received;

/// This process's consumer of notifications.
pub struct Consumer {
    broker: Broker,
    ingest: config::Ingest,
    batches: Batches,
    metrics: IngestMetrics,
    window: Window,
    backoff: Backoff,
    /// Whether the log already reports the lost connection.
    is_known: bool,
}

/// Why there is no consumer.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Files for TLS are unusable.
    #[error("[ingest] transport_url: {0}")]
    Broker(#[from] bus::Error),
    /// A resource type that is mapped to a project is unknown.
    #[error(transparent)]
    Types(#[from] UnknownType),
}

impl Consumer {
    /// Creates a consumer of the configured brokers; `None` if none are configured. Does not connect yet.
    ///
    /// # Errors
    /// [`SetupError`], which names the option.
    pub fn new(
        config: &Config,
        store: Store,
        clock: Clock,
        reporter: Reporter,
        metrics: &Metrics,
    ) -> Result<Option<Self>, SetupError> {
        let Some((broker, planner)) = parts(config)? else {
            return Ok(None);
        };
        // One transaction in progress, the next in preparation, and what arrives in the meantime.
        let ahead = u16::try_from(config.ingest.prefetch.saturating_mul(3)).unwrap_or(u16::MAX);
        let rabbit = broker.settings();
        Ok(Some(Self {
            backoff: Backoff::new(rabbit.rabbit_retry_interval, rabbit.rabbit_interval_max),
            is_known: false,
            broker,
            ingest: config.ingest.clone(),
            batches: Batches {
                planner,
                store,
                clock,
                reporter,
                metrics: metrics.ingest.clone(),
                refusals: Refusals::default(),
                prefetch: config.ingest.prefetch,
            },
            metrics: metrics.ingest.clone(),
            window: Window::new(ahead),
        }))
    }

    /// Checks what [`Consumer::new`] would reject, without a store.
    ///
    /// # Errors
    /// [`SetupError`], which names the option.
    pub fn check(config: &Config) -> Result<(), SetupError> {
        parts(config).map(drop)
    }

    /// Returns the consumer as a task to start.
    pub fn task(self) -> Task {
        Task::new("ingest", self)
    }

    /// Connects and consumes until the connection ends. The next batch is prepared while one is recorded.
    async fn consume(&self, stop: &CancellationToken, was_up: &mut bool) -> Result<(), Lost> {
        let opened = tokio::select! {
            opened = link::open(&self.broker, &self.ingest, &self.window) => opened,
            () = stop.cancelled() => return Err(Lost::Stopped),
        };
        let Opened {
            mut feed,
            link,
            mut missing,
        } = opened?;
        *was_up = true;
        let _connected = Connected::show(&self.metrics.connected);
        tracing::info!(queue = self.ingest.pool, "consuming notifications");
        let mut under_way: Option<BoxFuture<'_, Result<Vec<Received>, Lost>>> = None;
        let mut next = Prepared::default();
        // Deliveries without a known owner. They are not acknowledged, so they are redelivered if the connection ends.
        let mut waiting: Vec<Received> = Vec::new();
        let (mut again, mut look, mut count) =
            (every(waiting::AGAIN), every(bindings::LOOK), every(bus::LOOK));
        // Concurrent: the answer may queue behind deliveries that have no room until others are recorded.
        let mut looking: Option<BoxFuture<'_, Result<Vec<String>, Lost>>> = None;
        let mut counting: Option<BoxFuture<'_, Result<(), Lost>>> = None;
        loop {
            if under_way.is_none() && !next.is_empty() {
                let batch = std::mem::take(&mut next);
                under_way = Some(
                    self.batches
                        .settle(&link, batch, waiting.len(), stop.clone())
                        .boxed(),
                );
            }
            let room = self.ingest.prefetch.saturating_sub(next.len());
            let bytes = feed::BATCH_BYTES.saturating_sub(next.bytes());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                settled = finished(&mut under_way) => {
                    under_way = None;
                    waiting.extend(settled?);
                }
                _ = again.tick(), if !waiting.is_empty() => {
                    self.batches.prepare_again(std::mem::take(&mut waiting), &mut next);
                }
                _ = look.tick(), if !missing.is_empty() && looking.is_none() => {
                    looking = Some(link.look(&self.ingest, std::mem::take(&mut missing)).boxed());
                }
                still = finished(&mut looking) => {
                    looking = None;
                    missing = still?;
                }
                _ = count.tick(), if counting.is_none() => counting = Some(link.count().boxed()),
                counted = finished(&mut counting) => {
                    counting = None;
                    counted?;
                }
                // The longer one batch takes, the larger the next.
                deliveries = feed.next(room, bytes), if room > 0 && bytes > 0 => {
                    self.batches.prepare(&link, deliveries?, &mut next).await?;
                }
            }
        }
        if let Some(last) = under_way {
            last.await?;
        }
        link.close().await;
        Ok(())
    }
}

impl Worker for Consumer {
    /// Consumes from one connection until it is lost or `stop` is cancelled; everything recorded by then is acknowledged.
    async fn step(&mut self, stop: &CancellationToken) -> Next {
        let mut was_up = false;
        let error = match self.consume(stop, &mut was_up).await {
            Ok(()) | Err(Lost::Stopped) => return Next::Step,
            Err(error) => error,
        };
        if was_up {
            self.backoff.succeeded();
            self.is_known = false;
        }
        // Report a broker that stays away only once.
        if self.is_known {
            tracing::debug!(%error, "notifications cannot be consumed");
        } else {
            tracing::error!(%error, "notifications cannot be consumed; retrying");
        }
        self.is_known = true;
        self.broker.failed();
        Next::Rest(Rest::of(self.backoff.failed()))
    }
}

/// Shows a connected broker in the metrics until dropped.
struct Connected<'a>(&'a Gauge);

impl<'a> Connected<'a> {
    fn show(gauge: &'a Gauge) -> Self {
        gauge.set(1);
        Self(gauge)
    }
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

/// Returns the parts of a consumer that the configuration may make invalid.
fn parts(config: &Config) -> Result<Option<(Broker, Planner)>, SetupError> {
    let Some(url) = config.ingest_broker() else {
        return Ok(None);
    };
    let broker = Broker::new(url, &config.oslo_messaging_rabbit)?;
    Ok(Some((broker, Planner::new(config)?)))
}

/// Ticks after each period, the first time after one.
fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Waits for the work in progress; forever if there is none.
async fn finished<T>(under_way: &mut Option<BoxFuture<'_, T>>) -> T {
    match under_way {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
