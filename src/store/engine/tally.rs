//! Counts what is recorded in the metrics.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;

use crate::catalog::{self, Level};
use crate::message::{UNKNOWN_SERVICE, service_of};
use crate::telemetry::RecordedMetrics;

/// The counters of each service, with one for each level. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Tally(Arc<[(&'static str, [Counter; Level::ALL.len()])]>);

impl Tally {
    /// Looks up the counters of all services and levels, which begin at zero.
    pub(super) fn new(metrics: &RecordedMetrics) -> Self {
        let names = catalog::services().iter().map(|service| service.name);
        let counters = names.chain([UNKNOWN_SERVICE]).map(|service| {
            let of = |level: Level| metrics.of(service, level.as_str());
            (service, Level::ALL.map(of))
        });
        Self(counters.collect())
    }

    /// Counts a message.
    pub(super) fn count(&self, code: &str, level: Level) {
        let service = service_of(code);
        let counters = self.0.iter().find(|(name, _)| *name == service);
        if let Some((_, counters)) = counters {
            counters[level as usize].inc();
        }
    }
}
