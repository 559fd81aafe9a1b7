//! Metrics of failure notifications.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What this server changed, and what the database has. Nothing here is read from the database on a scrape.
#[derive(Clone, Debug, Default)]
pub struct RecoveryMetrics {
    open: Family<StatusLabels, Gauge>,
    transitions: Family<StatusLabels, Counter>,
    /// Leases that ended before their engine ended the work.
    pub lost_leases: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StatusLabels {
    status: &'static str,
}

impl RecoveryMetrics {
    /// Returns the gauge of notifications with this status, which is not final.
    pub fn open(&self, status: &'static str) -> Gauge {
        self.open.get_or_create_owned(&StatusLabels { status })
    }

    /// Returns the counter of changes to this status.
    pub fn transitions(&self, status: &'static str) -> Counter {
        self.transitions.get_or_create_owned(&StatusLabels { status })
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "failure_notifications",
            "Failure notifications that are not final, as last counted",
            self.open.clone(),
        );
        registry.register(
            "failure_transitions",
            "Changes of failure notifications to a status",
            self.transitions.clone(),
        );
        registry.register(
            "failure_lost_leases",
            "Leases of failure notifications that ended before their engine ended the work",
            self.lost_leases.clone(),
        );
    }
}
