//! AMQP 0-9-1: RabbitMQ.

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ExchangeKind};

use super::fault::Fault;
use super::lanes::Lanes;
use super::parcel::Parcel;
use super::shared::{Connector, Link};
use crate::bus::{Broker, SocketHandle};

/// The codes of refusals.
const ACCESS_REFUSED: u16 = 403;
const PRECONDITION_FAILED: u16 = 406;

/// Opens connections to the brokers of a URL.
#[derive(Debug)]
pub(super) struct Classic(pub(super) Broker);

/// A connection, with a channel for each exchange: an error closes the channel.
#[derive(Debug)]
pub(super) struct ClassicLink {
    connection: Connection,
    socket: SocketHandle,
    channels: Lanes<Channel>,
}

impl Connector for Classic {
    type Link = ClassicLink;

    async fn connect(&self) -> Result<ClassicLink, Fault> {
        let name = format!("tidings:{}:listeners", std::process::id());
        let (connection, socket) = self.0.connect_with_cord(&name).await?;
        Ok(ClassicLink {
            connection,
            socket,
            channels: Lanes::default(),
        })
    }

    fn failed(&self) {
        self.0.failed();
    }
}

impl Link for ClassicLink {
    fn is_usable(&self) -> bool {
        self.connection.status().connected()
    }

    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Fault> {
        let channel = self
            .channels
            .get(parcel.exchange, self.open(parcel.exchange))
            .await?;
        let outcome = publish(&channel, parcel).await;
        if outcome.is_err() {
            // A new channel declares the exchange again, if it is what is missing.
            self.channels.forget(parcel.exchange);
        }
        outcome
    }

    fn forget(&self, parcel: &Parcel<'_>) {
        self.channels.forget(parcel.exchange);
    }

    fn cut(&self) -> String {
        self.socket.cut();
        if self.connection.status().blocked() {
            "the broker has blocked publishers: it is short of memory or disk".to_owned()
        } else {
            "the broker does not answer".to_owned()
        }
    }

    async fn close(&self) {
        let _ = self.connection.close(200, "OK".into()).await;
    }
}

impl ClassicLink {
    async fn open(&self, exchange: &str) -> Result<Channel, Fault> {
        self.ensure(exchange).await?;
        let channel = self.connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }

    /// Declares the exchange if it is missing. One with other properties is fine, unless it is of another type. `amq.*` belong
    /// to the broker.
    async fn ensure(&self, exchange: &str) -> Result<(), Fault> {
        if exchange.starts_with("amq.") {
            return Ok(());
        }
        match self.declare(exchange, false).await {
            Err(fault) if fault.status == Some(ACCESS_REFUSED) => {
                // The user may not declare, but perhaps use it.
                self.declare(exchange, true).await.map_err(|_| fault)
            }
            // RabbitMQ compares the type first.
            Err(fault) if fault.status == Some(PRECONDITION_FAILED) && !fault.words.contains("'type'") => {
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Declares the exchange, or only looks for it, on a channel of its own.
    async fn declare(&self, exchange: &str, passive: bool) -> Result<(), Fault> {
        let options = ExchangeDeclareOptions {
            passive,
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        let channel = self.connection.create_channel().await?;
        let kind = ExchangeKind::Topic;
        let declared = channel.exchange_declare(exchange.into(), kind, options, FieldTable::default());
        Ok(declared.await?)
    }
}

/// Sends a message and waits for its confirmation. A message that no queue is bound for is confirmed, too.
async fn publish(channel: &Channel, parcel: &Parcel<'_>) -> Result<(), Fault> {
    let (exchange, key) = (parcel.exchange.into(), parcel.key.as_str().into());
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish(exchange, key, options, &parcel.body.bytes, properties(parcel));
    match sent.await?.await? {
        Confirmation::Ack(_) => Ok(()),
        Confirmation::Nack(_) | Confirmation::NotRequested => {
            Err(Fault::new("the broker rejected the message (basic.nack)"))
        }
    }
}

fn properties(parcel: &Parcel<'_>) -> BasicProperties {
    let event = parcel.event;
    let mut headers = FieldTable::default();
    for (name, value) in parcel.attributes() {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    }
    BasicProperties::default()
        .with_content_type(parcel.body.content_type.into())
        .with_headers(headers)
        .with_delivery_mode(2)
        .with_message_id(event.message_id.to_string().into())
        .with_timestamp(parcel.seconds())
        .with_type(event.event_type.as_str().into())
}
