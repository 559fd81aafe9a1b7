//! The threads that write and read, and what they share.
//!
//! Writes that wait at the same time share one commit (group commit), and callers are answered after it.

pub(super) mod activity;
#[cfg(feature = "sqlite")]
pub(super) mod checkpointer;
#[cfg(feature = "sqlite")]
mod embedded;
pub(super) mod files;
pub(super) mod horizon;
pub(super) mod job;
pub(super) mod lanes;
#[cfg(feature = "sqlite")]
mod log_restart;
pub(super) mod readers;
mod reading;
pub(super) mod recorder;
pub(super) mod routes;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
mod session;
mod tally;
mod threads;
pub(super) mod work;
#[cfg(all(feature = "sqlite", target_os = "linux"))]
mod writeback;
pub(super) mod writer;
