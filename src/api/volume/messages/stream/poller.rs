//! Polls for new messages of a project, for all its streams.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::delivered::TailBatch;
use super::tail::Tail;
use crate::clock::Clock;
use crate::message::Position;
use crate::store::{self, Store, Watch};
use crate::telemetry::LogThrottle;
use crate::worker::{Next, Rest, Worker};

/// Batches kept for slow clients. A client that lags further behind reads from the store.
const BACKLOG: usize = 16;

/// The interval between polls, as a multiple of how long a poll takes: a busy project must not keep a reader busy.
const REST_FACTOR: u32 = 4;

/// Shortest interval.
const SHORTEST_REST: Duration = Duration::from_millis(100);

/// Longest interval: a poll also takes long where much is new, and then more follows soon.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// Sends new messages, at each tick and right after a write through this server.
pub(super) struct Poller {
    tail: Tail,
    watch: Watch,
    every: Duration,
    messages: broadcast::Sender<Arc<TailBatch>>,
    failures: LogThrottle,
}

impl Poller {
    /// Skips what is stored now.
    pub(super) async fn new(
        store: &Store,
        clock: &Clock,
        project: &str,
        every: Duration,
    ) -> Result<Self, store::Error> {
        let watch = store.watch(project);
        let now = Position::at(clock.now());
        let mut tail = Tail::after(store.clone(), clock.clone(), project.to_owned(), now);
        tail.skip().await?;
        Ok(Self {
            tail,
            watch,
            every,
            messages: broadcast::channel(BACKLOG).0,
            failures: LogThrottle::default(),
        })
    }

    /// The channel for its messages.
    pub(super) fn messages(&self) -> broadcast::Sender<Arc<TailBatch>> {
        self.messages.clone()
    }

    async fn look(&mut self) -> Result<(), store::Error> {
        loop {
            let batch = self.tail.read().await?;
            let is_last = batch.is_last;
            if !batch.messages.is_empty() || !batch.late.is_empty() {
                // An error means that no stream listens now.
                let _ = self.messages.send(Arc::new(batch));
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

impl Worker for Poller {
    async fn step(&mut self, _: &CancellationToken) -> Next {
        let began = Instant::now();
        let recorded = self.watch.recorded();
        if let Err(error) = self.look().await
            && let Some(held_back) = self.failures.due()
        {
            tracing::warn!(%error, held_back, "cannot continue an event stream for now");
        }
        let took = began.elapsed();
        let rest = (took * REST_FACTOR).clamp(SHORTEST_REST, LONGEST_REST);
        Next::Rest(
            Rest::of(self.every)
                .unless(recorded)
                .at_least(rest.saturating_sub(took)),
        )
    }
}
