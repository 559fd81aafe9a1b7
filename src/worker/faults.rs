//! Logs and counts panics of background work.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use prometheus_client::metrics::counter::Counter;

/// Counts the early ends of one worker.
#[derive(Debug)]
pub struct Faults {
    worker: String,
    count: Counter,
}

impl Faults {
    /// Counts the early ends of the worker with this name.
    pub fn new(worker: impl Into<String>, count: Counter) -> Self {
        let worker = worker.into();
        Self { worker, count }
    }

    /// Runs a part of the work; returns `None` if it panicked.
    pub fn catch<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        self.note(catch_unwind(AssertUnwindSafe(work)))
    }

    /// Awaits a part of the work; returns `None` if it panicked.
    pub async fn catch_async<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.note(AssertUnwindSafe(work).catch_unwind().await)
    }

    fn note<T>(&self, done: Result<T, Box<dyn Any + Send>>) -> Option<T> {
        let panic = match done {
            Ok(done) => return Some(done),
            Err(panic) => panic,
        };
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let reason = text.or_else(|| panic.downcast_ref::<&str>().copied());
        self.count.inc();
        tracing::error!(
            worker = self.worker,
            reason,
            "background work ended early: it panicked"
        );
        None
    }
}
