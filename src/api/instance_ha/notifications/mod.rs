//! `/v1/notifications`: a file for each operation.

pub mod create;
pub mod list;
pub mod show;
pub mod view;
