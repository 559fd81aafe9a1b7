//! The log, metrics for Prometheus, and the ids that tie requests to log lines.
//!
//! Only the log is global, which `tracing` requires; [`Metrics`] is passed as an argument.

mod events;
mod exposition;
mod follow;
mod histogram;
mod ingest;
mod line;
mod listeners;
pub mod log;
mod log_throttle;
pub(crate) mod metrics;
mod recorded;
mod recovery;
mod request_id;
mod route;
mod tokens;
mod workers;

pub use events::DriverMetrics;
pub use exposition::Exposition;
pub(crate) use follow::FollowedMetrics;
pub(crate) use ingest::IngestMetrics;
pub use listeners::ListenerMetrics;
pub use log::{LogFormat, LogSettings};
pub(crate) use log_throttle::LogThrottle;
pub use metrics::Metrics;
pub(crate) use metrics::ReadMetrics;
pub use recorded::RecordedMetrics;
pub use recovery::RecoveryMetrics;
pub use request_id::RequestId;
pub(crate) use route::{InFlight, RouteMetrics};
pub(crate) use tokens::TokenMetrics;
pub use workers::WorkerMetrics;
