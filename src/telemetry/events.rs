//! Metrics of events and their deliveries.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Events that were reported, and the metrics of each driver.
#[derive(Clone, Debug, Default)]
pub struct EventMetrics {
    /// Events that services reported to this server.
    pub reported: Counter,
    delivered: Family<DriverLabels, Counter>,
    dropped: Family<DriverLabels, Counter>,
    failures: Family<DriverLabels, Counter>,
    waiting: Family<DriverLabels, Gauge>,
    oldest: Family<DriverLabels, Gauge<f64, AtomicU64>>,
}

/// The metrics of one driver. Clones share the counters.
#[derive(Clone, Debug)]
pub struct DriverMetrics {
    /// Events that were delivered.
    pub delivered: Counter,
    /// Events that were dropped.
    pub dropped: Counter,
    /// Attempts that failed.
    pub failures: Counter,
    /// Events that wait, if this server is the lease holder.
    pub waiting: Gauge,
    /// How long the oldest has waited, in seconds.
    pub oldest: Gauge<f64, AtomicU64>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DriverLabels {
    driver: String,
}

impl EventMetrics {
    /// Returns the metrics of a driver.
    pub fn driver(&self, name: &str) -> DriverMetrics {
        let labels = DriverLabels {
            driver: name.to_owned(),
        };
        DriverMetrics {
            delivered: self.delivered.get_or_create_owned(&labels),
            dropped: self.dropped.get_or_create_owned(&labels),
            failures: self.failures.get_or_create_owned(&labels),
            waiting: self.waiting.get_or_create_owned(&labels),
            oldest: self.oldest.get_or_create_owned(&labels),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "events_reported",
            "Events reported by services",
            self.reported.clone(),
        );
        registry.register(
            "events_delivered",
            "Events delivered by a driver",
            self.delivered.clone(),
        );
        registry.register(
            "events_dropped",
            "Events dropped without delivery",
            self.dropped.clone(),
        );
        registry.register(
            "events_delivery_failures",
            "Failed attempts to deliver events",
            self.failures.clone(),
        );
        registry.register(
            "events_waiting",
            "Events waiting for a driver, reported by the lease holder",
            self.waiting.clone(),
        );
        registry.register(
            "events_oldest_wait_seconds",
            "How long the oldest waiting event has waited",
            self.oldest.clone(),
        );
    }
}
