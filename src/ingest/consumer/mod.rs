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

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior};

use super::plan::{Planner, UnknownType};
use crate::bus::{self, Broker};
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::event::Reporter;
use crate::store::Store;
use crate::telemetry::{IngestMetrics, Metrics};
use batch::{Batches, Prepared};
use feed::Window;
use link::Opened;
use lost::{Lost, stopped};
use refusals::Refusals;
use waiting::Received;

/// This process's consumer of notifications.
pub struct Consumer {
    broker: Broker,
    ingest: config::Ingest,
    batches: Batches,
    metrics: IngestMetrics,
    window: Window,
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
        Ok(Some(Self {
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

    /// Consumes until `stop` is set; everything recorded by then is acknowledged.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let settings = self.broker.settings();
        let mut rest = settings.rabbit_retry_interval;
        let mut is_known = false;
        while !*stop.borrow() {
            let mut was_up = false;
            let ended = guarded(self.consume(&mut stop, &mut was_up)).await;
            self.metrics.connected.set(0);
            let Err(error) = ended else { return };
            if let Lost::Stopped = error {
                return;
            }
            if was_up {
                rest = settings.rabbit_retry_interval;
                is_known = false;
            }
            // Report a broker that stays away only once.
            if is_known {
                tracing::debug!(%error, "notifications cannot be consumed");
            } else {
                tracing::error!(%error, "notifications cannot be consumed; retrying");
            }
            is_known = true;
            self.broker.failed();
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = stopped(&mut stop) => return,
            }
            rest = (rest * 2).min(settings.rabbit_interval_max);
        }
    }

    /// Connects and consumes until the connection ends. The next batch is prepared while one is recorded.
    async fn consume(&self, stop: &mut watch::Receiver<bool>, was_up: &mut bool) -> Result<(), Lost> {
        let opened = tokio::select! {
            opened = link::open(&self.broker, &self.ingest, &self.window) => opened,
            () = stopped(stop) => return Err(Lost::Stopped),
        };
        let Opened {
            mut feed,
            link,
            mut missing,
        } = opened?;
        *was_up = true;
        self.metrics.connected.set(1);
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
                () = stopped(stop) => break,
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

/// Returns the parts of a consumer that the configuration may make invalid.
fn parts(config: &Config) -> Result<Option<(Broker, Planner)>, SetupError> {
    let Some(url) = config.ingest_broker() else {
        return Ok(None);
    };
    let broker = Broker::new(url, &config.oslo_messaging_rabbit)?;
    Ok(Some((broker, Planner::new(config)?)))
}

/// Turns a panic into a lost connection: unfinished deliveries are redelivered, and the program carries on.
async fn guarded(work: impl Future<Output = Result<(), Lost>>) -> Result<(), Lost> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or(Err(Lost::Panicked))
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

/// A consumer running in the background.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Starts the consumer. Requires a tokio runtime.
    pub fn start(consumer: Consumer) -> Self {
        let (stop, stopped) = watch::channel(false);
        let consumer = Arc::new(consumer);
        let task = tokio::spawn(async move { consumer.run(stopped).await });
        Self { stop, task }
    }

    /// Stops the consumer after the current transaction.
    pub async fn stop(self) {
        // It may have ended by itself.
        let _ = self.stop.send(true);
        if self.task.await.is_err() {
            tracing::error!("the notification consumer panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_lost_connection() {
        let ended = guarded(async { panic!("a bug") }).await;
        assert!(matches!(ended, Err(Lost::Panicked)));
        assert!(guarded(async { Ok(()) }).await.is_ok());
    }
}
