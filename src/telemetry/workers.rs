//! Metrics of background work.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The early ends of background work.
#[derive(Clone, Debug, Default)]
pub struct WorkerMetrics {
    ended: Family<WorkerLabels, Counter>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WorkerLabels {
    worker: String,
}

impl WorkerMetrics {
    /// Returns a function from a worker's name to its counter of early ends.
    pub fn counter(&self) -> impl Fn(&str) -> Counter + Send + Sync + 'static {
        let metrics = self.clone();
        move |worker| metrics.ended(worker)
    }

    /// Returns the counter of early ends of the worker with this name.
    pub fn ended(&self, worker: &str) -> Counter {
        self.ended.get_or_create_owned(&WorkerLabels {
            worker: worker.to_owned(),
        })
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "worker_ended",
            "Times that background work ended early, by a bug",
            self.ended.clone(),
        );
    }
}
