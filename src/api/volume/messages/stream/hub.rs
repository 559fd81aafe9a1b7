//! The open streams, with one poller for each project that has any.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::broadcast;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::delivered::TailBatch;
use super::poller::Poller;
use crate::api::error::Error;
use crate::clock::Clock;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::worker::{Task, Workers};

/// The limits of streams.
#[derive(Debug, Clone, Copy)]
pub struct StreamLimits {
    /// Most streams.
    pub total: usize,
    /// Most streams of one project.
    pub per_project: usize,
    /// How often the store is polled.
    pub poll: Duration,
}

/// The user whose states of a project's messages have changed; `None` if messages were deleted, which concerns all users.
pub(super) type Changed = Option<String>;

/// Changes of a project that are kept for slow clients. One that lags further behind assumes that there was one of its own.
const KEPT_CHANGES: usize = 16;

/// All open streams.
pub struct Hub {
    store: Store,
    clock: Clock,
    metrics: Metrics,
    limits: StreamLimits,
    open: Arc<Mutex<Open>>,
    pollers: Workers,
}

#[derive(Default)]
struct Open {
    total: usize,
    projects: HashMap<String, Project>,
}

struct Project {
    messages: broadcast::Sender<Arc<TailBatch>>,
    changes: broadcast::Sender<Changed>,
    streams: usize,
    /// Ends the poller.
    _poller: DropGuard,
}

/// A stream's subscription. Dropping it makes room for another one.
pub(super) struct Subscription {
    pub(super) messages: broadcast::Receiver<Arc<TailBatch>>,
    pub(super) changes: broadcast::Receiver<Changed>,
    project: String,
    open: Arc<Mutex<Open>>,
    metrics: Metrics,
    pub(super) closing: CancellationToken,
}

impl Hub {
    /// No streams yet.
    pub fn new(store: Store, clock: Clock, metrics: Metrics, limits: StreamLimits) -> Self {
        Self {
            store,
            clock,
            limits,
            open: Arc::default(),
            pollers: Workers::new(metrics.workers.counter()),
            metrics,
        }
    }

    /// Ends all streams, without waiting for them.
    pub fn close(&self) {
        self.pollers.cancel();
    }

    /// Is cancelled by [`Hub::close`], for other requests that wait.
    pub fn closing(&self) -> CancellationToken {
        self.pollers.token()
    }

    /// Waits for the pollers of streams to end after [`Hub::close`].
    pub async fn closed(&self) {
        self.pollers.stop().await;
    }

    /// Tells the project's streams on this server that states of its messages have changed, for this user or, without one, for
    /// all users.
    pub fn changed(&self, project: &str, user: Option<&str>) {
        if let Some(open) = self.open.lock().projects.get(project) {
            // An error means that no stream listens now.
            let _ = open.changes.send(user.map(str::to_owned));
        }
    }

    /// Subscribes to a project's messages and changes from now on.
    pub(super) async fn subscribe(&self, project: &str) -> Result<Subscription, Error> {
        if let Some(subscription) = self.join(project, None)? {
            return Ok(subscription);
        }
        // Skipping what is stored needs no lock, and two concurrent first subscribers do no harm.
        let poller = Poller::new(&self.store, &self.clock, project, self.limits.poll).await?;
        self.join(project, Some(poller))?
            .ok_or_else(|| Error::Unavailable("the stream ended at its start".to_owned()))
    }

    /// Subscribes; none if the project has no poller and none is given.
    fn join(&self, project: &str, poller: Option<Poller>) -> Result<Option<Subscription>, Error> {
        let mut open = self.open.lock();
        if open.total >= self.limits.total {
            return Err(Error::TooMany("There are too many event streams.".to_owned()));
        }
        let streams = open.projects.get(project).map_or(0, |known| known.streams);
        if streams >= self.limits.per_project {
            return Err(Error::TooMany(
                "The project has too many event streams.".to_owned(),
            ));
        }
        if let Some(poller) = poller
            && streams == 0
        {
            let started = Project {
                messages: poller.messages(),
                changes: broadcast::channel(KEPT_CHANGES).0,
                streams: 0,
                _poller: self.pollers.start_guarded(Task::new("streams", poller)),
            };
            open.projects.insert(project.to_owned(), started);
        }
        let Some(known) = open.projects.get_mut(project) else {
            return Ok(None);
        };
        known.streams += 1;
        let (messages, changes) = (known.messages.subscribe(), known.changes.subscribe());
        open.total += 1;
        self.metrics
            .streams_open
            .set(i64::try_from(open.total).unwrap_or(i64::MAX));
        Ok(Some(Subscription {
            messages,
            changes,
            project: project.to_owned(),
            open: self.open.clone(),
            metrics: self.metrics.clone(),
            closing: self.pollers.token(),
        }))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        open.total = open.total.saturating_sub(1);
        self.metrics
            .streams_open
            .set(i64::try_from(open.total).unwrap_or(i64::MAX));
        let Some(project) = open.projects.get_mut(&self.project) else {
            return;
        };
        project.streams -= 1;
        if project.streams == 0 {
            open.projects.remove(&self.project);
        }
    }
}
