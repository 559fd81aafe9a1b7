//! The periodic purge inside a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::{Error, Options, Purge};
use crate::clock::Clock;
use crate::config;
use crate::event::Reporter;
use crate::store::Store;
use crate::telemetry::Metrics;

/// Periodic purges in the background.
pub struct Schedule {
    stop: Arc<Stop>,
    task: JoinHandle<()>,
}

/// How a schedule is stopped: woken between two purges, or by the flag during one.
#[derive(Default)]
struct Stop {
    flag: Arc<AtomicBool>,
    wake: Notify,
}

impl Schedule {
    /// Purges now and then after every interval. Requires a tokio runtime.
    pub fn start(
        every: Duration,
        (config, events): (config::Purge, config::Events),
        reporter: Reporter,
        store: Store,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        let stop = Arc::new(Stop::default());
        let told = stop.clone();
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(every);
            loop {
                tokio::select! {
                    biased;
                    () = told.wake.notified() => return,
                    _ = ticks.tick() => {}
                }
                let now = clock.now();
                let (kept_before, waiting_before) = Options::of_events(&events, now);
                let options = Options {
                    batch_size: config.batch_size,
                    pause: config.pause,
                    max_rows: None,
                    expired_before: now,
                    kept_before,
                    waiting_before,
                };
                let (store, reporter) = (store.clone(), reporter.clone());
                let purge = Purge::new(store, clock.clone(), metrics.clone(), reporter, options);
                report(purge.stopped_by(told.flag.clone()).run(|_| ()).await);
            }
        });
        Self { stop, task }
    }

    /// Stops a running purge after its batch. Aborted, its lease would block others for a minute.
    pub async fn stop(self) {
        self.stop.flag.store(true, Ordering::Relaxed);
        self.stop.wake.notify_one();
        if self.task.await.is_err() {
            tracing::error!("the purge panicked");
        }
    }
}

fn report(outcome: Result<super::Report, Error>) {
    match outcome {
        Ok(report) => {
            tracing::info!(
                messages = report.messages,
                keys = report.keys,
                events = report.events,
                undelivered = report.undelivered,
                notifications = report.notifications,
                sessions = report.sessions,
                read_marks = report.read_marks,
                left = report.left,
                seconds = report.elapsed.as_secs_f64(),
                "purged"
            );
        }
        Err(Error::Held(holder)) => tracing::info!(holder, "another purge is running"),
        Err(error) => tracing::error!(%error, "the purge failed"),
    }
}
