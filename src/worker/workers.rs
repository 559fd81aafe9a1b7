//! Workers that are started, told to stop and waited for together.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::faults::Faults;
use super::task::Task;

/// Running workers. Clones are the same ones.
#[derive(Clone)]
pub struct Workers {
    stop: CancellationToken,
    tracker: TaskTracker,
    counter: Arc<dyn Fn(&str) -> Counter + Send + Sync>,
}

impl Workers {
    /// None yet. `counter` gives what counts the early ends of the worker of a name.
    pub fn new(counter: impl Fn(&str) -> Counter + Send + Sync + 'static) -> Self {
        Self {
            stop: CancellationToken::new(),
            tracker: TaskTracker::new(),
            counter: Arc::new(counter),
        }
    }

    /// Starts some. Needs a runtime of tokio.
    pub fn start(&self, tasks: impl IntoIterator<Item = Task>) {
        for task in tasks {
            self.spawn(task, self.stop.clone());
        }
    }

    /// Starts a worker that also ends when the guard is dropped. Needs a runtime of tokio.
    pub fn start_guarded(&self, task: Task) -> DropGuard {
        let stop = self.stop.child_token();
        self.spawn(task, stop.clone());
        stop.drop_guard()
    }

    /// Tells all of them to stop, without waiting for them.
    pub fn cancel(&self) {
        self.stop.cancel();
    }

    /// Completes when they are told to stop.
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells all of them to stop and waits until they have.
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
