//! The log, metrics for Prometheus, and the ids that tie requests to log lines.
//!
//! Only the log is global, which `tracing` requires; [`Metrics`] is passed as an argument.

mod events;
mod exposition;
mod histogram;
mod ingest;
mod line;
pub mod log;
mod log_throttle;
pub mod metrics;
mod request_id;
mod route;
mod tokens;
mod workers;

pub use events::{DriverMetrics, EventMetrics};
pub use exposition::Exposition;
pub use histogram::Histogram;
pub use ingest::IngestMetrics;
pub use log::{LogFormat, LogSettings};
pub use log_throttle::LogThrottle;
pub use metrics::{Metrics, ReadMetrics};
pub use request_id::RequestId;
pub use route::{InFlight, RouteMetrics};
pub use tokens::TokenMetrics;
pub use workers::WorkerMetrics;
