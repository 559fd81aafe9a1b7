//! `/v3`, block storage's API: a folder for each resource.

mod batch;
pub mod events;
mod idempotency;
pub mod listeners;
pub mod messages;
pub mod no_operation;
pub mod resource_filters;
pub mod service;
