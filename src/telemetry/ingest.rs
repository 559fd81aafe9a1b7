//! Metrics of the notifications that were read.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What became of the notifications that this process read.
#[derive(Clone, Debug, Default)]
pub struct IngestMetrics {
    /// All of them.
    pub received: Counter,
    /// Messages recorded.
    pub recorded: Counter,
    /// Those that were recorded before, themselves or as the same failure.
    pub repeated: Counter,
    /// Those whose resource belongs to nobody known.
    pub ownerless: Counter,
    /// Orders of messages that were not carried out.
    pub refused: Counter,
    /// Those that cannot be read or recorded, given back for good.
    pub rejected: Counter,
    /// 1 while a broker delivers.
    pub connected: Gauge,
}

impl IngestMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        for (name, help, counter) in [
            ("ingest_notifications", "Notifications read", &self.received),
            (
                "ingest_messages",
                "Messages recorded of notifications",
                &self.recorded,
            ),
            (
                "ingest_repeated",
                "Notifications that told of what was recorded before",
                &self.repeated,
            ),
            (
                "ingest_ownerless",
                "Notifications whose resource belongs to nobody known",
                &self.ownerless,
            ),
            (
                "ingest_refused",
                "Orders of messages that were not carried out",
                &self.refused,
            ),
            (
                "ingest_rejected",
                "Notifications that cannot be read or recorded",
                &self.rejected,
            ),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "ingest_connected",
            "Whether a broker delivers notifications",
            self.connected.clone(),
        );
    }
}
