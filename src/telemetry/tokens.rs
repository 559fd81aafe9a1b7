//! Metrics of callers' tokens.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::histogram::Histogram;

/// The outcomes of token validation. All zero without Keystone.
#[derive(Clone, Debug)]
pub struct TokenMetrics {
    /// Tokens found in the cache.
    pub hits: Counter,
    /// Tokens not found in the cache; callers that share one validation count individually.
    pub misses: Counter,
    /// The duration of validations, including this server's own login if needed.
    pub validations: Histogram,
    /// Validations without an answer from Keystone.
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
        registry.register("token_cache_hits", "Tokens found in the cache", self.hits.clone());
        registry.register(
            "token_cache_misses",
            "Tokens not found in the cache",
            self.misses.clone(),
        );
        registry.register(
            "token_validation_duration_seconds",
            "Duration of token validations by Keystone",
            self.validations.clone(),
        );
        registry.register(
            "token_validation_failures",
            "Token validations that Keystone did not answer",
            self.failures.clone(),
        );
    }
}
