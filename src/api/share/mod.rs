//! `/v2`, Manila's API: a folder for its resource.

pub mod messages;
pub mod service;
