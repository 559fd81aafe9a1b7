//! Looking for new messages of one project.
//!
//! The order of (`created_at`, id) is not the order of commits across servers, so each look goes back some seconds and
//! what was seen before is dropped by its id.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

use super::{read, since};
use crate::clock::Clock;
use crate::message::{Message, time};
use crate::store::{self, Store};

/// How far back each look goes, in microseconds: longer than a commit takes anywhere, and than clocks differ.
pub(super) const WINDOW: i64 = 10 * time::SECOND;

/// The most messages of a project that are looked through at a time: those of its busiest ten seconds.
const MOST_AT_ONCE: i64 = 100_000;

pub(super) struct Poller {
    store: Store,
    clock: Clock,
    project: String,
    recorded: Arc<Notify>,
    seen: HashSet<Uuid>,
}

impl Poller {
    /// Notes what stands now, so that only what comes later is news.
    pub(super) async fn start(store: &Store, clock: &Clock, project: &str) -> Result<Self, store::Error> {
        let mut poller = Self {
            store: store.clone(),
            clock: clock.clone(),
            project: project.to_owned(),
            recorded: store.watch(project),
            seen: HashSet::new(),
        };
        poller.look().await?;
        Ok(poller)
    }

    /// Sends what is new, at each tick and at once after a write through this server. Runs until it is aborted.
    pub(super) async fn run(mut self, messages: broadcast::Sender<Arc<Message>>, every: Duration) {
        loop {
            let recorded = self.recorded.clone();
            let recorded = recorded.notified();
            tokio::pin!(recorded);
            // Registered before looking: a write during the look is not missed.
            recorded.as_mut().enable();
            match self.look().await {
                Ok(new) => {
                    for message in new {
                        // An error means that nobody listens just now.
                        let _ = messages.send(Arc::new(message));
                    }
                }
                Err(error) => tracing::warn!(%error, "an event stream could not be continued for now"),
            }
            tokio::select! {
                () = recorded => {}
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    async fn look(&mut self) -> Result<Vec<Message>, store::Error> {
        let from = self.clock.now() - WINDOW;
        let found = read(&self.store, since(self.project.clone(), from, MOST_AT_ONCE)).await?;
        let ids: HashSet<Uuid> = found.iter().map(|message| message.id).collect();
        let new = found
            .into_iter()
            .filter(|message| !self.seen.contains(&message.id))
            .collect();
        // What fell out of the window cannot be found again.
        self.seen = ids;
        Ok(new)
    }
}
