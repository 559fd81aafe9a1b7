//! Counts what is recorded in the metrics.

use std::sync::{Arc, OnceLock};

use prometheus_client::metrics::counter::Counter;

use crate::catalog::{self, Level};
use crate::message::{UNKNOWN_SERVICE, service_of};
use crate::telemetry::RecordedMetrics;

/// The counters of a service, one for each level.
type Levels = [OnceLock<Counter>; Level::ALL.len()];

/// The counters of each service, each looked up when it is needed first. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Tally {
    metrics: RecordedMetrics,
    counters: Arc<[(&'static str, Levels)]>,
}

impl Tally {
    /// Counts in these metrics.
    pub(super) fn new(metrics: &RecordedMetrics) -> Self {
        let names = catalog::services().iter().map(|service| service.name);
        let counters = names.chain([UNKNOWN_SERVICE]);
        Self {
            metrics: metrics.clone(),
            counters: counters.map(|service| (service, Levels::default())).collect(),
        }
    }

    /// Counts a message.
    pub(super) fn count(&self, code: &str, level: Level) {
        let service = service_of(code);
        let levels = self.counters.iter().find(|(name, _)| *name == service);
        if let Some((_, levels)) = levels {
            let counter = &levels[level as usize];
            counter
                .get_or_init(|| self.metrics.of(service, level.as_str()))
                .inc();
        }
    }
}
