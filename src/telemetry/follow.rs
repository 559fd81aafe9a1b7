//! Metrics of followed tables.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What this process read in other services' tables.
#[derive(Clone, Debug, Default)]
pub struct FollowMetrics {
    rows: Family<RowLabels, Counter>,
    errors: Family<ServiceLabels, Counter>,
    lag: Family<ServiceLabels, Gauge>,
    active: Family<ServiceLabels, Gauge>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RowLabels {
    service: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ServiceLabels {
    service: &'static str,
}

/// The metrics of one service.
#[derive(Clone, Debug)]
pub struct FollowedMetrics {
    /// Messages recorded.
    pub recorded: Counter,
    /// Messages of notifications that were given the code of a row.
    pub paired: Counter,
    /// Messages deleted because their row was.
    pub deleted: Counter,
    /// Rows that make no message.
    pub refused: Counter,
    /// Failed attempts to read the table or to record what it has.
    pub errors: Counter,
    /// Seconds from the creation of the newest row to its recording.
    pub lag: Gauge,
    /// 1 while this process reads the table.
    pub active: Gauge,
}

impl FollowMetrics {
    /// Returns the metrics of a service.
    pub fn of(&self, service: &'static str) -> FollowedMetrics {
        let rows = |outcome| self.rows.get_or_create_owned(&RowLabels { service, outcome });
        let labels = ServiceLabels { service };
        FollowedMetrics {
            recorded: rows("recorded"),
            paired: rows("paired"),
            deleted: rows("deleted"),
            refused: rows("refused"),
            errors: self.errors.get_or_create_owned(&labels),
            lag: self.lag.get_or_create_owned(&labels),
            active: self.active.get_or_create_owned(&labels),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "follow_rows",
            "Rows of followed tables, by outcome",
            self.rows.clone(),
        );
        registry.register(
            "follow_errors",
            "Failed attempts to follow a table",
            self.errors.clone(),
        );
        registry.register(
            "follow_lag_seconds",
            "Time from the creation of the newest row to its recording",
            self.lag.clone(),
        );
        registry.register(
            "follow_active",
            "Whether this process follows the table",
            self.active.clone(),
        );
    }
}
