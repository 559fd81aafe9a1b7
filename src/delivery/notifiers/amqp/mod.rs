//! AMQP: each event is a message on the operator's broker, which confirms it.
//!
//! All listeners share one connection, which is opened when there is something to send.

mod classic;
mod fault;
mod lanes;
mod notifier;
#[cfg(feature = "amqp1")]
mod one;
mod parcel;
mod shared;

pub use notifier::AmqpNotifier;
