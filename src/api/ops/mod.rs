//! Discovery for clients, and health, metrics and documents for operators.

#[cfg(feature = "floor")]
pub mod baseline;
pub mod catalog;
pub mod discovery;
pub mod healthcheck;
pub mod metrics;
pub mod openapi;
