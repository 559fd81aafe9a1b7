//! `/v1/segments/{id}/hosts`: the operations, and hosts as JSON.

pub mod change;
pub mod read;
pub mod view;
