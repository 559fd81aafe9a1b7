//! `/v1/notifications/{id}/vmoves`: the operations, and moves as JSON.

pub mod read;
pub mod view;
