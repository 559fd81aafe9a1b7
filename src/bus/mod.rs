//! Message brokers: connections to RabbitMQ, and the wire formats of oslo.messaging's notifiers and listeners.
//!
//! Used for sending events and for consuming other services' notifications. Stateless and without policy.

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
pub use wire::{Version, encode, properties, timestamp};
pub(crate) use wire::{envelope, plain};
