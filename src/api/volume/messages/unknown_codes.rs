//! Stored codes that this program's catalog does not know: rows of a newer program, during an upgrade.

use std::collections::HashSet;

use parking_lot::Mutex;

use crate::telemetry::Metrics;

/// Counts the codes, and logs each once.
pub struct UnknownCodes {
    metrics: Metrics,
    logged: Mutex<HashSet<String>>,
}

/// Most codes that are remembered: a table full of rubbish must fill neither the memory nor the log.
const MOST_LOGGED: usize = 1000;

impl UnknownCodes {
    /// No codes yet.
    pub fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            logged: Mutex::default(),
        }
    }

    /// Counts a row that was shown as an unknown error.
    pub fn met(&self, event_id: &str) {
        self.metrics.unknown_codes.inc();
        let mut logged = self.logged.lock();
        if logged.len() < MOST_LOGGED && !logged.contains(event_id) {
            logged.insert(event_id.to_owned());
            tracing::warn!(
                event_id,
                "a stored code is not in the catalog; it is shown as an unknown error"
            );
        }
    }
}
