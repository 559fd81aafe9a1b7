//! Metrics of ingested notifications.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The outcomes of the notifications that this process consumed.
#[derive(Clone, Debug, Default)]
pub struct IngestMetrics {
    /// All of them.
    pub received: Counter,
    /// Messages recorded.
    pub recorded: Counter,
    /// Repeats: of the same notification, or of the same failure.
    pub repeated: Counter,
    /// Notifications about resources without a known owner.
    pub ownerless: Counter,
    /// Failures that no rule matches.
    pub unmatched: Counter,
    /// Refused orders.
    pub refused: Counter,
    /// Notifications that were rejected because they cannot be read or recorded.
    pub rejected: Counter,
    /// 1 while connected to a broker.
    pub connected: Gauge,
}

impl IngestMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            ("ingest_notifications", "Notifications consumed", &self.received),
            (
                "ingest_messages",
                "Messages recorded from notifications",
                &self.recorded,
            ),
            (
                "ingest_repeated",
                "Repeats of what was already recorded",
                &self.repeated,
            ),
            (
                "ingest_ownerless",
                "Failures of resources without a known owner",
                &self.ownerless,
            ),
            (
                "ingest_unmatched",
                "Failures that no rule matches",
                &self.unmatched,
            ),
            ("ingest_refused", "Refused orders of messages", &self.refused),
            (
                "ingest_rejected",
                "Notifications that cannot be decoded or recorded",
                &self.rejected,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "ingest_connected",
            "Whether a broker is connected",
            self.connected.clone(),
        );
    }
}
