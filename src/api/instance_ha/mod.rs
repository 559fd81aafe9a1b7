//! `/v1`, Masakari's API: a folder for each resource.

mod answer;
mod begin;
mod body;
pub mod engine;
pub mod hosts;
mod identifier;
pub mod notifications;
mod parameters;
pub mod refused;
pub mod segments;
pub mod service;
pub mod vmoves;
