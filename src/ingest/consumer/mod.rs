//! Reads notifications from the broker until it is stopped.
//!
//! A notification is acknowledged after it was recorded, so that nothing is lost when this process or the broker goes away;
//! one that is delivered again is recognized by its id. A lost connection is made again, after growing waits.

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

/// The consumer of notifications of one process.
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
    /// Files for TLS that cannot be used.
    #[error("[ingest] transport_url: {0}")]
    Broker(#[from] bus::Error),
    /// What is mapped to a project is of no known type.
    #[error(transparent)]
    Types(#[from] UnknownType),
}

impl Consumer {
    /// A consumer of the configured brokers; none where there are none. Nothing is connected yet.
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
        // One transaction that is under way, one that is prepared meanwhile, and what comes in by then.
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

    /// Checks what [`Consumer::new`] would refuse, without a store.
    ///
    /// # Errors
    /// [`SetupError`], which names the option.
    pub fn check(config: &Config) -> Result<(), SetupError> {
        parts(config).map(drop)
    }

    /// Reads until `stop` says so: what was recorded by then is acknowledged.
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
            // A broker that stays away for hours is told of once.
            if is_known {
                tracing::debug!(%error, "notifications cannot be read");
            } else {
                tracing::error!(%error, "notifications cannot be read; tried again until they can");
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

    /// Connects and reads until the connection ends. While one batch is recorded the next one is prepared.
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
        tracing::info!(queue = self.ingest.pool, "reading notifications");
        let mut under_way: Option<BoxFuture<'_, Result<Vec<Received>, Lost>>> = None;
        let mut next = Prepared::default();
        // What is nobody's yet. Neither settled nor acknowledged, so it is delivered again when the connection ends.
        let mut waiting: Vec<Received> = Vec::new();
        let (mut again, mut look, mut count) =
            (every(waiting::AGAIN), every(bindings::LOOK), every(bus::LOOK));
        // Beside the rest: the answer may stand behind deliveries for which there is no room before others are recorded.
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
                // The longer the one takes, the more there is in the next.
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

/// What a consumer has that the configuration may not allow.
fn parts(config: &Config) -> Result<Option<(Broker, Planner)>, SetupError> {
    let Some(url) = config.ingest_broker() else {
        return Ok(None);
    };
    let broker = Broker::new(url, &config.oslo_messaging_rabbit)?;
    Ok(Some((broker, Planner::new(config)?)))
}

/// Makes a loss of a panic: what was read then is read again, and the program goes on.
async fn guarded(work: impl Future<Output = Result<(), Lost>>) -> Result<(), Lost> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or(Err(Lost::Panicked))
}

/// Ticks from one period on.
fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// Waits for what is under way; for ever where nothing is.
async fn finished<T>(under_way: &mut Option<BoxFuture<'_, T>>) -> T {
    match under_way {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

/// A consumer at work beside others.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Begins. Needs a runtime of tokio.
    pub fn start(consumer: Consumer) -> Self {
        let (stop, stopped) = watch::channel(false);
        let consumer = Arc::new(consumer);
        let task = tokio::spawn(async move { consumer.run(stopped).await });
        Self { stop, task }
    }

    /// Ends it, after what it is recording.
    pub async fn stop(self) {
        // It may have ended by itself.
        let _ = self.stop.send(true);
        if self.task.await.is_err() {
            tracing::error!("the consumer of notifications had panicked");
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
