//! The event stream of a project's messages.

mod changes;
mod delivered;
pub mod feed;
mod follower;
pub mod hub;
mod poller;
mod tail;
