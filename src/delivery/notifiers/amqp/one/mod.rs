//! AMQP 1.0: RabbitMQ 4, RabbitMQ 3 with a plugin, Qpid and others.

mod lane;
mod link;
mod message;
mod peer;
mod words;

pub(super) use link::One;
