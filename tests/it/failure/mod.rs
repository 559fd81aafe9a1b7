//! The domain of failure notifications.

mod judge;
mod report;
mod status;
mod time;
