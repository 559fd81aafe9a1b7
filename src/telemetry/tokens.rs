//! Metrics of the tokens that callers show.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::histogram::Histogram;

/// What became of the tokens that were looked at. All zero where Keystone is not used.
#[derive(Clone, Debug)]
pub struct TokenMetrics {
    /// Tokens of which it was known whether they are valid.
    pub hits: Counter,
    /// Tokens that had to be asked about; those who wait for one answer count each.
    pub misses: Counter,
    /// Keystone's answers, and how long they took, with this server's own login where one was needed.
    pub validations: Histogram,
    /// Questions that Keystone did not answer with valid or invalid.
    pub failures: Counter,
}

impl Default for TokenMetrics {
    fn default() -> Self {
        Self {
            hits: Counter::default(),
            misses: Counter::default(),
            validations: Histogram::of_durations(),
            failures: Counter::default(),
        }
    }
}

impl TokenMetrics {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "token_cache_hits",
            "Tokens of which it was known whether they are valid",
            self.hits.clone(),
        );
        registry.register(
            "token_cache_misses",
            "Tokens that had to be asked about",
            self.misses.clone(),
        );
        registry.register(
            "token_validation_duration_seconds",
            "Time until Keystone said whether a token is valid",
            self.validations.clone(),
        );
        registry.register(
            "token_validation_failures",
            "Questions about a token that Keystone did not answer",
            self.failures.clone(),
        );
    }
}
