//! The connection to the broker, with the queue that is read from.

use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection};

use super::{Lost, bindings};
use crate::bus::{Broker, Topology};
use crate::config::Ingest;

/// Says goodbye in AMQP's numbers.
pub(super) const GOODBYE: u16 = 200;

/// How long it waits for the answer: a broker that hangs gives none.
const CLOSING: Duration = Duration::from_secs(1);

/// Where deliveries come from.
pub(super) struct Feed(lapin::Consumer);

/// What is answered to them.
pub(super) struct Line {
    connection: Connection,
    channel: Channel,
    shared: Topology,
}

/// A queue that is read from.
pub(super) struct Opened {
    pub(super) feed: Feed,
    pub(super) line: Line,
    /// The exchanges that are not there yet.
    pub(super) missing: Vec<String>,
}

/// Connects, makes the queue unless it is there, and has it get what services send.
pub(super) async fn open(broker: &Broker, ingest: &Ingest) -> Result<Opened, Lost> {
    let connection = broker.connect("tidings ingest").await?;
    let channel = connection.create_channel().await?;
    let pool = ingest.pool.as_str();
    Topology::kept(broker.settings())
        .declare_queue(&channel, pool)
        .await?;
    let shared = Topology::new(broker.settings());
    let missing = bindings::bind(&connection, shared, ingest, &ingest.exchanges).await?;
    if !missing.is_empty() {
        let exchanges = missing.join(", ");
        tracing::warn!(
            exchanges,
            "no such exchanges yet; they are looked for now and then"
        );
    }
    // One transaction that is under way, one that is prepared meanwhile, and what comes in by then.
    let ahead = u16::try_from(ingest.prefetch.saturating_mul(3)).unwrap_or(u16::MAX);
    channel.basic_qos(ahead, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let consumer = channel
        .basic_consume(pool.into(), "".into(), options, FieldTable::default())
        .await?;
    let line = Line {
        connection,
        channel,
        shared,
    };
    Ok(Opened {
        feed: Feed(consumer),
        line,
        missing,
    })
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
    /// Looks for exchanges that were not there, and gives those that still are not.
    pub(super) async fn look(&self, ingest: &Ingest, missing: &[String]) -> Result<Vec<String>, Lost> {
        let still = bindings::bind(&self.connection, self.shared, ingest, missing).await?;
        for exchange in missing.iter().filter(|exchange| !still.contains(exchange)) {
            tracing::info!(exchange, "the exchange is there now, and read from");
        }
        Ok(still)
    }

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

    /// Says goodbye. What was read and not acknowledged is delivered again.
    pub(super) async fn close(&self) {
        let goodbye = self.connection.close(GOODBYE, "stopping".into());
        match tokio::time::timeout(CLOSING, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection to the broker did not end well"),
            Err(_) => tracing::warn!("the broker does not answer; the connection is left"),
        }
    }
}
