//! Counts recorded messages by service and level.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The messages that this process recorded.
#[derive(Clone, Debug, Default)]
pub struct RecordedMetrics(Family<RecordedLabels, Counter>);

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RecordedLabels {
    service: &'static str,
    level: &'static str,
}

impl RecordedMetrics {
    /// Returns the counter of a service and a level. Look it up once rather than per message.
    pub fn of(&self, service: &'static str, level: &'static str) -> Counter {
        self.0.get_or_create_owned(&RecordedLabels { service, level })
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "messages_recorded",
            "Messages recorded, by service and level",
            self.0.clone(),
        );
    }
}
