//! The terms of recoveries.

use std::time::Duration;

use crate::config::Config;
use crate::event::Reporter;
use crate::telemetry::RecoveryMetrics;

/// The terms of recoveries; times are in microseconds.
#[derive(Clone)]
pub struct Terms {
    /// How long a claim lasts after the engine's last call.
    pub lease: i64,
    /// How long a step may take without progress.
    pub step_timeout: i64,
    /// How long after a failed attempt the next one may begin.
    pub retry_after: i64,
    /// How long after the failure a notification is given up.
    pub expire_after: i64,
    /// How long messages to tenants are kept, in seconds.
    pub ttl: u32,
    /// Makes events.
    pub reporter: Reporter,
    /// Counts changes.
    pub metrics: RecoveryMetrics,
}

impl Terms {
    /// Follows the configuration.
    pub fn new(config: &Config, reporter: Reporter, metrics: RecoveryMetrics) -> Self {
        let recovery = &config.recovery;
        Self {
            lease: micros(recovery.lease),
            step_timeout: micros(recovery.step_timeout),
            retry_after: micros(recovery.retry_after),
            expire_after: micros(recovery.expire_after),
            ttl: config.messages.ttl_seconds(),
            reporter,
            metrics,
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
