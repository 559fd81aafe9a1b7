//! What the server is and how it fares: for clients that discover it, and for operators.

#[cfg(feature = "floor")]
pub mod baseline;
pub mod catalog;
pub mod discovery;
pub mod healthcheck;
pub mod metrics;
pub mod openapi;
