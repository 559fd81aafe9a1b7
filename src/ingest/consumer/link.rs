//! The connection to the broker, with the queue that is read from.

use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions, ExchangeDeclareOptions,
};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ExchangeKind};

use super::Lost;
use crate::bus::{Broker, Topology};
use crate::config::Ingest;
use crate::event::Priority;

/// Says goodbye in AMQP's numbers.
const GOODBYE: u16 = 200;

/// Where deliveries come from.
pub(super) struct Feed(lapin::Consumer);

/// What is answered to them.
pub(super) struct Line {
    connection: Connection,
    channel: Channel,
}

/// Connects, makes the queue unless it is there, and has it get what services send.
pub(super) async fn open(broker: &Broker, ingest: &Ingest) -> Result<(Feed, Line), Lost> {
    let connection = broker.connect("tidings ingest").await?;
    let shared = Topology::new(broker.settings());
    for exchange in &ingest.exchanges {
        make_exchange(&connection, &shared, exchange).await?;
    }
    let channel = connection.create_channel().await?;
    let pool = ingest.pool.as_str();
    Topology::kept(broker.settings())
        .declare_queue(&channel, pool)
        .await?;
    for exchange in &ingest.exchanges {
        for topic in &ingest.topics {
            for priority in Priority::ALL {
                let key = format!("{topic}.{}", priority.suffix());
                shared.bind(&channel, pool, exchange, &key).await?;
            }
        }
    }
    // One transaction that is under way, one that is prepared meanwhile, and what comes in by then.
    let ahead = u16::try_from(ingest.prefetch.saturating_mul(3)).unwrap_or(u16::MAX);
    channel.basic_qos(ahead, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let consumer = channel
        .basic_consume(pool.into(), "".into(), options, FieldTable::default())
        .await?;
    Ok((Feed(consumer), Line { connection, channel }))
}

impl Feed {
    /// Waits for a delivery, and gives it with those that have come by then, `most` of them. Nothing is lost where the waiting is
    /// given up.
    pub(super) async fn next(&mut self, most: usize) -> Result<Vec<Delivery>, Lost> {
        let mut deliveries = vec![self.0.next().await.ok_or(Lost::Cancelled)??];
        while deliveries.len() < most {
            match self.0.next().now_or_never() {
                Some(Some(Ok(delivery))) => deliveries.push(delivery),
                // Whatever is wrong shows at the next call.
                _ => break,
            }
        }
        Ok(deliveries)
    }
}

impl Line {
    /// Whether what was read can still be acknowledged.
    pub(super) fn is_up(&self) -> bool {
        self.channel.status().connected()
    }

    /// Tells the broker that the delivery of this tag was recorded, and those before it that it was not told of.
    pub(super) async fn acknowledge(&self, tag: u64, has_all: bool) -> Result<(), Lost> {
        let options = BasicAckOptions { multiple: has_all };
        Ok(self.channel.basic_ack(tag, options).await?)
    }

    /// Gives a delivery back for good; the broker drops it, or sends it where its policy says.
    pub(super) async fn reject(&self, tag: u64) -> Result<(), Lost> {
        let options = BasicRejectOptions { requeue: false };
        Ok(self.channel.basic_reject(tag, options).await?)
    }

    /// Says goodbye, and waits for the answer for a second at most: a broker that hangs gives none. What was read and not
    /// acknowledged is delivered again.
    pub(super) async fn close(&self) {
        let goodbye = self.connection.close(GOODBYE, "stopping".into());
        match tokio::time::timeout(std::time::Duration::from_secs(1), goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection to the broker did not end well"),
            Err(_) => tracing::warn!("the broker does not answer; the connection is left"),
        }
    }
}

/// Makes an exchange unless it is there, in whatever form its service has made it.
async fn make_exchange(connection: &Connection, shared: &Topology, name: &str) -> Result<(), Lost> {
    let channel = connection.create_channel().await?;
    let look = ExchangeDeclareOptions {
        passive: true,
        ..ExchangeDeclareOptions::default()
    };
    let found = channel
        .exchange_declare(name.into(), ExchangeKind::Topic, look, FieldTable::default())
        .await;
    if found.is_err() {
        // The broker closes a channel that asks for what is not there.
        let channel = connection.create_channel().await?;
        shared.declare_exchange(&channel, name).await?;
        channel.close(GOODBYE, "done".into()).await?;
    } else {
        channel.close(GOODBYE, "done".into()).await?;
    }
    Ok(())
}
