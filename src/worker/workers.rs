//! Starts and stops workers together.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::faults::Faults;
use super::task::Task;

/// Running workers. Clones share them.
#[derive(Clone)]
pub struct Workers {
    stop: CancellationToken,
    tracker: TaskTracker,
    counter: Arc<dyn Fn(&str) -> Counter + Send + Sync>,
}

impl Workers {
    /// Creates an empty group. `counter` returns the counter of early ends for a worker's name.
    pub fn new(counter: impl Fn(&str) -> Counter + Send + Sync + 'static) -> Self {
        Self {
            stop: CancellationToken::new(),
            tracker: TaskTracker::new(),
            counter: Arc::new(counter),
        }
    }

    /// Starts workers. Requires a tokio runtime.
    pub fn start(&self, tasks: impl IntoIterator<Item = Task>) {
        for task in tasks {
            self.spawn(task, self.stop.clone());
        }
    }

    /// Starts a worker that also ends when the guard is dropped. Requires a tokio runtime.
    pub fn start_guarded(&self, task: Task) -> DropGuard {
        let stop = self.stop.child_token();
        self.spawn(task, stop.clone());
        stop.drop_guard()
    }

    /// Stops all workers without waiting for their end.
    pub fn cancel(&self) {
        self.stop.cancel();
    }

    /// Returns the token that stops the workers.
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Stops all workers and waits for their end.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    fn spawn(&self, task: Task, stop: CancellationToken) {
        let count = (self.counter)(&task.name);
        let faults = Faults::new(task.name, count);
        self.tracker.spawn((task.run)(faults, stop));
    }
}
