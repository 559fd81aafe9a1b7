//! The tables: the rows of each and its statements.

pub mod browser_session;
pub mod confirmation;
pub mod delivery;
pub mod event;
pub mod failure;
pub mod follow;
pub mod foreign;
pub mod holder;
pub mod idempotency;
mod ids;
pub mod ingest;
pub mod lease;
pub mod listener;
pub mod message;
mod raw;
pub mod read_state;
mod readable;
pub mod rollup;
pub mod subscription;
pub(super) mod timed;
mod windows;
