//! Exchanges and queues, in the form that oslo.messaging gives them.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, ExchangeKind};

use crate::config::OsloMessagingRabbit;

/// Whether exchanges and queues outlive the broker and their users. A broker refuses to have one in two forms, and closes
/// the channel that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    durable: bool,
    auto_delete: bool,
    quorum: bool,
}

impl Topology {
    /// As the settings have it. Quorum queues are always durable.
    pub fn new(settings: &OsloMessagingRabbit) -> Self {
        Self {
            durable: settings.amqp_durable_queues || settings.rabbit_quorum_queue,
            auto_delete: settings.amqp_auto_delete,
            quorum: settings.rabbit_quorum_queue,
        }
    }

    /// Of a queue that is nobody else's: it stays, and what is in it, whoever comes and goes.
    pub fn kept(settings: &OsloMessagingRabbit) -> Self {
        Self {
            durable: true,
            auto_delete: false,
            quorum: settings.rabbit_quorum_queue,
        }
    }

    /// Makes the topic exchange, unless it is there.
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

    /// Makes the queue, unless it is there. Publishers do so, too: what they send is kept before anybody listens.
    pub async fn declare_queue(&self, channel: &Channel, name: &str) -> lapin::Result<()> {
        let options = QueueDeclareOptions {
            durable: self.durable,
            auto_delete: self.auto_delete,
            ..QueueDeclareOptions::default()
        };
        let mut arguments = FieldTable::default();
        if self.quorum {
            let kind = AMQPValue::LongString(LongString::from("quorum"));
            arguments.insert("x-queue-type".into(), kind);
        }
        channel.queue_declare(name.into(), options, arguments).await?;
        Ok(())
    }

    /// Has the queue get what is sent to the exchange with this routing key, which for a queue without a pool is its name.
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
