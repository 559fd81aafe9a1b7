//! Declares exchanges and queues as oslo.messaging does.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, ExchangeKind, Queue};

use crate::config::OsloMessagingRabbit;

/// Whether exchanges and queues survive the broker and their users. A broker rejects a second declaration with other
/// properties and closes the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    durable: bool,
    auto_delete: bool,
    quorum: Option<Quorum>,
}

/// The limits of a quorum queue as oslo.messaging declares them; 0 means none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Quorum {
    delivery_limit: u64,
    max_memory_length: u64,
    max_memory_bytes: u64,
}

impl Topology {
    /// Follows the settings. Quorum queues are always durable.
    pub fn new(settings: &OsloMessagingRabbit) -> Self {
        Self {
            durable: settings.amqp_durable_queues || settings.rabbit_quorum_queue,
            auto_delete: settings.amqp_auto_delete,
            quorum: settings.rabbit_quorum_queue.then_some(Quorum {
                delivery_limit: settings.rabbit_quorum_delivery_limit,
                max_memory_length: settings.rabbit_quorum_max_memory_length,
                max_memory_bytes: settings.rabbit_quorum_max_memory_bytes,
            }),
        }
    }

    /// For a durable queue of this program, which outlives its consumers. It has no delivery limit, since notifications
    /// are redelivered for as long as the database is unavailable.
    pub fn kept(settings: &OsloMessagingRabbit) -> Self {
        Self {
            durable: true,
            auto_delete: false,
            quorum: settings.rabbit_quorum_queue.then(Quorum::default),
        }
    }

    /// Declares the topic exchange.
    pub async fn declare_exchange(&self, channel: &Channel, name: &str) -> lapin::Result<()> {
        let options = ExchangeDeclareOptions {
            durable: self.durable,
            auto_delete: self.auto_delete,
            ..ExchangeDeclareOptions::default()
        };
        channel
            .exchange_declare(name.into(), ExchangeKind::Topic, options, FieldTable::default())
            .await
    }

    /// Declares the queue and returns its state. Publishers declare it too, so that messages are kept before anyone
    /// listens.
    pub async fn declare_queue(&self, channel: &Channel, name: &str) -> lapin::Result<Queue> {
        let options = QueueDeclareOptions {
            durable: self.durable,
            auto_delete: self.auto_delete,
            ..QueueDeclareOptions::default()
        };
        let arguments = self.quorum.map_or_else(FieldTable::default, Quorum::arguments);
        channel.queue_declare(name.into(), options, arguments).await
    }

    /// Binds the queue to the exchange with this routing key, which for a queue without a pool is its name.
    pub async fn bind(&self, channel: &Channel, queue: &str, exchange: &str, key: &str) -> lapin::Result<()> {
        let options = QueueBindOptions::default();
        channel
            .queue_bind(
                queue.into(),
                exchange.into(),
                key.into(),
                options,
                FieldTable::default(),
            )
            .await
    }
}

impl Quorum {
    fn arguments(self) -> FieldTable {
        let mut arguments = FieldTable::default();
        let kind = AMQPValue::LongString(LongString::from("quorum"));
        arguments.insert("x-queue-type".into(), kind);
        for (name, limit) in [
            ("x-delivery-limit", self.delivery_limit),
            ("x-max-in-memory-length", self.max_memory_length),
            ("x-max-in-memory-bytes", self.max_memory_bytes),
        ] {
            if limit > 0 {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                arguments.insert(name.into(), AMQPValue::LongLongInt(limit));
            }
        }
        arguments
    }
}
