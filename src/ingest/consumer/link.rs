//! The connection to the broker and the queue that is consumed.

use std::time::Duration;

use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions, QueueDeclareOptions,
};
use lapin::protocol::AMQPErrorKind;
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ErrorKind, Queue};
use parking_lot::{Mutex, MutexGuard};

use super::bindings::{self, GOODBYE};
use super::feed::{Feed, Window};
use super::lost::Lost;
use crate::bus::{Broker, Gate, Topology, Unread};
use crate::config::Ingest;

/// How long to wait for the close to be confirmed: a hanging broker never answers.
const CLOSING: Duration = Duration::from_secs(1);

/// The connection, and the channel for acknowledgements.
pub(super) struct Link {
    connection: Connection,
    channel: Channel,
    shared: Topology,
    /// The queues that notifiers declare themselves.
    unread: Mutex<Unread>,
}

/// An open connection with its queue.
pub(super) struct Opened {
    pub(super) feed: Feed,
    pub(super) link: Link,
    /// Exchanges that do not exist yet.
    pub(super) missing: Vec<String>,
}

/// Connects, declares the queue and binds it to the services' exchanges.
pub(super) async fn open(broker: &Broker, ingest: &Ingest, window: &Window) -> Result<Opened, Lost> {
    let gate = Gate::default();
    let connection = broker.connect_through(&gate, "tidings ingest").await?;
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
            "these exchanges do not exist yet; checking again periodically"
        );
    }
    channel
        .basic_qos(window.next(), BasicQosOptions::default())
        .await?;
    let options = BasicConsumeOptions::default();
    let consumer = channel
        .basic_consume(pool.into(), "".into(), options, FieldTable::default())
        .await?;
    let link = Link {
        connection,
        channel,
        shared,
        unread: Mutex::default(),
    };
    Ok(Opened {
        feed: Feed::new(consumer, gate, window.clone()),
        link,
        missing,
    })
}

impl Link {
    /// Looks for missing exchanges and returns those that still do not exist.
    pub(super) async fn look(&self, ingest: &Ingest, missing: Vec<String>) -> Result<Vec<String>, Lost> {
        let still = bindings::bind(&self.connection, self.shared, ingest, &missing).await?;
        for exchange in missing.iter().filter(|exchange| !still.contains(exchange)) {
            tracing::info!(exchange, "the exchange now exists and is being consumed");
        }
        Ok(still)
    }

    /// Watches the queue that a notifier declares itself, named like its routing key.
    pub(super) fn met(&self, key: &str) {
        self.unread().watch(key);
    }

    /// Checks the notifiers' own queues and warns about those that grow without a consumer.
    pub(super) async fn count(&self) -> Result<(), Lost> {
        let queues = self.unread().queues();
        for queue in queues {
            match self.look_at(&queue).await? {
                Some(found) => {
                    self.unread()
                        .note(&queue, found.message_count(), found.consumer_count());
                }
                None => self.unread().forget(&queue),
            }
        }
        Ok(())
    }

    /// Returns the state of a queue; `None` if the broker refuses access.
    async fn look_at(&self, queue: &str) -> Result<Option<Queue>, Lost> {
        // A channel of its own: the broker closes it on refusal.
        let channel = self.connection.create_channel().await?;
        let options = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let found = channel
            .queue_declare(queue.into(), options, FieldTable::default())
            .await;
        match found {
            Err(error) if is_refusal(&error) => Ok(None),
            found => {
                let found = found?;
                channel.close(GOODBYE, "done".into()).await?;
                Ok(Some(found))
            }
        }
    }

    fn unread(&self) -> MutexGuard<'_, Unread> {
        self.unread.lock()
    }

    /// Whether deliveries can still be acknowledged.
    pub(super) fn is_up(&self) -> bool {
        self.channel.status().connected()
    }

    /// Acknowledges a delivery, and with `has_all` all open ones before it.
    pub(super) async fn acknowledge(&self, tag: u64, has_all: bool) -> Result<(), Lost> {
        let options = BasicAckOptions { multiple: has_all };
        Ok(self.channel.basic_ack(tag, options).await?)
    }

    /// Rejects a delivery for good; the broker drops or dead-letters it.
    pub(super) async fn reject(&self, tag: u64) -> Result<(), Lost> {
        let options = BasicRejectOptions { requeue: false };
        Ok(self.channel.basic_reject(tag, options).await?)
    }

    /// Closes the connection. Unacknowledged deliveries are redelivered.
    pub(super) async fn close(&self) {
        let goodbye = self.connection.close(GOODBYE, "stopping".into());
        match tokio::time::timeout(CLOSING, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection to the broker did not close cleanly"),
            Err(_) => tracing::warn!("the broker does not answer; abandoning the connection"),
        }
    }
}

/// Whether the broker refused one request, as opposed to a failed connection.
fn is_refusal(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if matches!(error.kind(), AMQPErrorKind::Soft(_)))
}
