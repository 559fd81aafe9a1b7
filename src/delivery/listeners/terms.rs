//! What is the same for all settlements of a server.

use crate::event::Reporter;
use crate::telemetry::ListenerMetrics;

/// The terms of all settlements of a server.
#[derive(Clone)]
pub(super) struct SettleTerms {
    pub(super) reporter: Reporter,
    /// How long every delivery must have failed before a listener is disabled, in microseconds.
    pub(super) disable_after: i64,
    /// How long messages are guaranteed, in seconds.
    pub(super) ttl: u32,
    pub(super) metrics: ListenerMetrics,
}
