//! Polls for new messages of a project, for all its streams.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::{Instant, sleep, sleep_until};

use super::delivered::TailBatch;
use super::tail::Tail;
use crate::clock::Clock;
use crate::message::Position;
use crate::store::{self, Store, Watch};
use crate::telemetry::LogThrottle;

/// The interval between polls, as a multiple of how long a poll takes: a busy project must not keep a reader busy.
const REST_FACTOR: u32 = 4;

/// Shortest interval.
const SHORTEST_REST: Duration = Duration::from_millis(100);

/// Longest interval: a poll also takes long where much is new, and then more follows soon.
const LONGEST_REST: Duration = Duration::from_secs(1);

pub(super) struct Poller {
    tail: Tail,
    watch: Watch,
}

impl Poller {
    /// Skips what is stored now.
    pub(super) async fn start(store: &Store, clock: &Clock, project: &str) -> Result<Self, store::Error> {
        let watch = store.watch(project);
        let now = Position::at(clock.now());
        let mut tail = Tail::after(store.clone(), clock.clone(), project.to_owned(), now);
        tail.skip().await?;
        Ok(Self { tail, watch })
    }

    /// Sends new messages, at each tick and right after a write through this server. Runs until it is aborted.
    pub(super) async fn run(mut self, messages: broadcast::Sender<Arc<TailBatch>>, every: Duration) {
        let mut failures = LogThrottle::default();
        loop {
            let began = Instant::now();
            let recorded = self.watch.recorded();
            tokio::pin!(recorded);
            // Registered before polling, so that a write meanwhile is not missed.
            recorded.as_mut().enable();
            if let Err(error) = look(&mut self.tail, &messages).await
                && let Some(held_back) = failures.due()
            {
                tracing::warn!(%error, held_back, "cannot continue an event stream for now");
            }
            let rest = (began.elapsed() * REST_FACTOR).clamp(SHORTEST_REST, LONGEST_REST);
            tokio::select! {
                () = recorded => {}
                () = sleep(every) => {}
            }
            sleep_until(began + rest).await;
        }
    }
}

async fn look(tail: &mut Tail, messages: &broadcast::Sender<Arc<TailBatch>>) -> Result<(), store::Error> {
    loop {
        let batch = tail.read().await?;
        let is_last = batch.is_last;
        if !batch.messages.is_empty() {
            // An error means that no stream listens now.
            let _ = messages.send(Arc::new(batch));
        }
        if is_last {
            return Ok(());
        }
    }
}
