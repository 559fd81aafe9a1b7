//! Metrics of deliveries to listeners.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::histogram::Histogram;

/// The attempts of this server, and what the database has, by notifier. Nothing here is read from the database on a scrape.
#[derive(Clone, Debug)]
pub struct ListenerMetrics {
    attempts: Family<AttemptLabels, Counter>,
    dead: Family<NotifierLabels, Counter>,
    deliveries: Family<StateLabels, Gauge>,
    /// Attempts that this server is making.
    pub in_flight: Gauge,
    /// How long attempts took.
    pub duration: Histogram,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AttemptLabels {
    notifier: String,
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct NotifierLabels {
    notifier: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    notifier: String,
    state: &'static str,
}

impl Default for ListenerMetrics {
    fn default() -> Self {
        Self {
            attempts: Family::default(),
            dead: Family::default(),
            deliveries: Family::default(),
            in_flight: Gauge::default(),
            duration: Histogram::of_durations(),
        }
    }
}

impl ListenerMetrics {
    /// Returns the counter of attempts of a notifier with this result.
    pub fn attempts(&self, notifier: &str, result: &'static str) -> Counter {
        self.attempts.get_or_create_owned(&AttemptLabels {
            notifier: notifier.to_owned(),
            result,
        })
    }

    /// Returns the counter of deliveries of a notifier that became dead letters.
    pub fn dead(&self, notifier: &str) -> Counter {
        self.dead.get_or_create_owned(&NotifierLabels {
            notifier: notifier.to_owned(),
        })
    }

    /// Returns the gauge of deliveries of a notifier in this state.
    pub fn deliveries(&self, notifier: &str, state: &'static str) -> Gauge {
        self.deliveries.get_or_create_owned(&StateLabels {
            notifier: notifier.to_owned(),
            state,
        })
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "listener_attempts",
            "Attempts to deliver to listeners",
            self.attempts.clone(),
        );
        registry.register(
            "listener_dead_letters",
            "Deliveries to listeners that became dead letters after an attempt",
            self.dead.clone(),
        );
        registry.register(
            "listener_deliveries",
            "Deliveries that wait for listeners, and dead letters, as last counted",
            self.deliveries.clone(),
        );
        registry.register(
            "listener_attempts_in_flight",
            "Attempts in flight to deliver to listeners",
            self.in_flight.clone(),
        );
        registry.register(
            "listener_attempt_duration_seconds",
            "How long attempts to deliver to listeners took",
            self.duration.clone(),
        );
    }
}
