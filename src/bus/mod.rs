//! Message brokers: connections to RabbitMQ, and what oslo.messaging's notifiers and listeners write and read there.
//!
//! Shared by who sends events and by who reads other services' notifications. Nothing here keeps or decides anything.

mod broker;
mod decode;
mod gate;
mod lenient;
mod member;
mod network;
mod notification;
mod python;
mod topology;
mod unpack;
mod unread;
mod wire;

pub use broker::Broker;
pub(crate) use broker::{Error, SocketHandle};
pub(crate) use decode::{Filter, decode, decode_some};
pub(crate) use gate::Gate;
pub(crate) use lenient::mended;
pub(crate) use notification::Malformed;
pub use notification::Notification;
pub use topology::Topology;
pub(crate) use unread::{LOOK, Unread};
pub(crate) use wire::plain;
pub use wire::{Version, encode, properties, timestamp};
