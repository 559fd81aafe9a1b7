//! The event stream of a project's messages.

mod changes;
mod delivered;
pub mod feed;
pub mod hub;
mod items;
mod poller;
mod tail;
