//! The connection to the broker, with the queue that is read from.

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

/// How long it waits for the answer: a broker that hangs gives none.
const CLOSING: Duration = Duration::from_secs(1);

/// The connection, and the channel on which deliveries are acknowledged.
pub(super) struct Link {
    connection: Connection,
    channel: Channel,
    shared: Topology,
    /// The queues that notifiers declare for themselves.
    unread: Mutex<Unread>,
}

/// A queue that is read from.
pub(super) struct Opened {
    pub(super) feed: Feed,
    pub(super) link: Link,
    /// The exchanges that are not there yet.
    pub(super) missing: Vec<String>,
}

/// Connects, makes the queue unless it is there, and has it get what services send.
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
            "no such exchanges yet; they are looked for now and then"
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
    /// Looks for exchanges that were not there, and gives those that still are not.
    pub(super) async fn look(&self, ingest: &Ingest, missing: Vec<String>) -> Result<Vec<String>, Lost> {
        let still = bindings::bind(&self.connection, self.shared, ingest, &missing).await?;
        for exchange in missing.iter().filter(|exchange| !still.contains(exchange)) {
            tracing::info!(exchange, "the exchange is there now, and read from");
        }
        Ok(still)
    }

    /// Watches the queue that a notifier declares for itself, named like the routing key of what it sends.
    pub(super) fn met(&self, key: &str) {
        self.unread().watch(key);
    }

    /// Looks at the notifiers' own queues and warns of those that grow unread.
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

    /// Returns the state of a queue, or nothing if the broker refuses to show it.
    async fn look_at(&self, queue: &str) -> Result<Option<Queue>, Lost> {
        // A channel of its own: the broker closes it when it refuses.
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

/// Whether the broker refused one request, rather than the connection failing.
fn is_refusal(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if matches!(error.kind(), AMQPErrorKind::Soft(_)))
}
