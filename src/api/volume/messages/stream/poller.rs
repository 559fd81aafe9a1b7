//! Looking for new messages of one project, once for all its streams.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::{Instant, sleep, sleep_until};

use crate::api::volume::messages::stream::delivered::Page;
use crate::api::volume::messages::stream::tail::Tail;
use crate::clock::Clock;
use crate::message::Position;
use crate::store::{self, Store, Watch};
use crate::telemetry::LogThrottle;

/// From the beginning of a look to that of the next it takes so many times as long as the look took: a project that is
/// written all the time would otherwise keep a reader busy.
const REST_FACTOR: u32 = 4;

/// At least.
const SHORTEST_REST: Duration = Duration::from_millis(100);

/// At most: a look takes long, too, where much is new, and then there is soon more.
const LONGEST_REST: Duration = Duration::from_secs(1);

pub(super) struct Poller {
    tail: Tail,
    watch: Watch,
}

impl Poller {
    /// Takes what stands now for known, so that only what comes later is news.
    pub(super) async fn start(store: &Store, clock: &Clock, project: &str) -> Result<Self, store::Error> {
        let watch = store.watch(project);
        let now = Position::at(clock.now());
        let mut tail = Tail::after(store.clone(), clock.clone(), project.to_owned(), now);
        tail.skip().await?;
        Ok(Self { tail, watch })
    }

    /// Sends what is new, at each tick and at once after a write through this server. Runs until it is aborted.
    pub(super) async fn run(mut self, messages: broadcast::Sender<Arc<Page>>, every: Duration) {
        let mut failures = LogThrottle::default();
        loop {
            let began = Instant::now();
            let recorded = self.watch.recorded();
            tokio::pin!(recorded);
            // Registered before looking: a write during the look is not missed.
            recorded.as_mut().enable();
            if let Err(error) = look(&mut self.tail, &messages).await
                && let Some(held_back) = failures.due()
            {
                tracing::warn!(%error, held_back, "an event stream could not be continued for now");
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

async fn look(tail: &mut Tail, messages: &broadcast::Sender<Arc<Page>>) -> Result<(), store::Error> {
    loop {
        let page = tail.read().await?;
        let is_last = page.is_last;
        if !page.messages.is_empty() {
            // An error means that nobody listens just now.
            let _ = messages.send(Arc::new(page));
        }
        if is_last {
            return Ok(());
        }
    }
}
