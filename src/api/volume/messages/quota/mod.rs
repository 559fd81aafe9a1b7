//! How many messages may be recorded for one project: in all, and per minute.

mod bucket;
pub mod quotas;
mod tally;
