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

pub use broker::{Broker, Error, SocketHandle};
pub use decode::{Filter, decode, decode_some};
pub use gate::Gate;
pub use lenient::mended;
pub use notification::{Malformed, Notification};
pub use topology::Topology;
pub use unpack::LARGEST;
pub use unread::{LOOK, Unread};
pub use wire::{Version, encode, plain, properties, timestamp};
