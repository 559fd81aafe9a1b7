//! `/v1/segments`: the operations, and segments as JSON.

pub mod change;
pub mod read;
pub mod view;
