//! The HTTP API: the only module that knows the web framework.
//!
//! `operations` is the table of everything that can be asked for. A request passes the layers, in their order, to its
//! operation's handler, which checks the rest with a `Call` (programs) or a `Visit` (browsers).

mod accept;
mod app;
mod body;
mod browser;
mod call;
mod connection;
mod error;
mod etag;
mod identify;
mod instance_ha;
mod json;
mod layers;
mod links;
mod message_id;
mod microversion;
mod operation;
mod operations;
mod ops;
mod path;
mod router;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod second_service;
mod server;
mod service;
mod share;
mod start;
mod target;
mod version;
mod volume;
mod waiting;

pub(crate) use connection::require_descriptors;
pub(crate) use ops::metrics::{Exporter, MetricsServer};
pub use server::{Server, Stop};
pub(crate) use start::StartError;
pub(crate) use volume::listeners::confirmations::confirmations as confirmations_json;
pub(crate) use volume::listeners::view::{
    attempt as attempt_json, delivery as delivery_json, listener_members, unusable_members,
};
