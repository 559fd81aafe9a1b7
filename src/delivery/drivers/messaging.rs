//! `messaging` and `messagingv2`: RabbitMQ, used as oslo.messaging's notifiers do.

use std::collections::HashSet;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesOrdered;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection};

use super::alarms::Alarms;
use super::progress::Progress;
use super::{Delivered, Driver};
use crate::bus::{self, Broker, SocketHandle, Topology, Unread, Version};
use crate::event::Envelope;

/// The most notifications that the broker has not confirmed yet.
const WINDOW: usize = 512;

/// Sends events to a broker over one persistent connection.
#[derive(Debug)]
pub struct Messaging {
    broker: Broker,
    version: Version,
    exchange: String,
    topics: Vec<String>,
    link: Option<Link>,
}

/// An open connection.
#[derive(Debug)]
struct Link {
    connection: Connection,
    socket: SocketHandle,
    _alarms: Alarms,
    channel: Channel,
    /// The queues that have been declared.
    declared: HashSet<String>,
    /// Warns about queues without a consumer.
    unread: Unread,
    /// When they were last declared again.
    looked: Instant,
}

impl Messaging {
    /// Sends to the topics of an exchange. Connects when there is something to send.
    pub fn new(broker: Broker, version: Version, exchange: &str, topics: &[String]) -> Self {
        Self {
            broker,
            version,
            exchange: exchange.to_owned(),
            topics: topics.to_vec(),
            link: None,
        }
    }

    async fn try_deliver(&mut self, events: &[Envelope], progress: &Progress) -> Result<(), String> {
        if !self.link.as_ref().is_some_and(Link::is_usable) {
            self.link = Some(self.connect().await?);
        }
        let Self {
            broker,
            version,
            exchange,
            topics,
            link: Some(link),
            ..
        } = self
        else {
            return Err("no connection".to_owned());
        };
        link.declare(broker, exchange, topics, events).await?;
        let link = &*link;
        let (version, exchange, topics) = (*version, exchange.as_str(), topics.as_slice());
        // The first poll of each future sends it, so they go out in order, many before the first is confirmed.
        let mut sent = FuturesOrdered::new();
        for event in events {
            if sent.len() == WINDOW
                && let Some(outcome) = sent.next().await
            {
                outcome?;
                progress.arrived();
            }
            sent.push_back(link.publish(event, version, exchange, topics));
        }
        while let Some(outcome) = sent.next().await {
            outcome?;
            progress.arrived();
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Link, String> {
        let name = format!("tidings:{}:notifications", std::process::id());
        let (connection, socket) = self
            .broker
            .connect_with_cord(&name)
            .await
            .map_err(|error| error.to_string())?;
        let channel = connection.create_channel().await.map_err(refused)?;
        let topology = Topology::new(self.broker.settings());
        topology
            .declare_exchange(&channel, &self.exchange)
            .await
            .map_err(|error| format!("exchange {}: {error}", self.exchange))?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .map_err(refused)?;
        tracing::info!(exchange = self.exchange, "connected to the message broker");
        Ok(Link {
            _alarms: Alarms::watch(&connection),
            connection,
            socket,
            channel,
            declared: HashSet::new(),
            unread: Unread::default(),
            looked: Instant::now(),
        })
    }
}

impl Driver for Messaging {
    async fn deliver(&mut self, events: &[Envelope], progress: &Progress) -> Delivered {
        let outcome = self.try_deliver(events, progress).await;
        if outcome.is_err() {
            // Whatever is wrong, a new connection declares everything again, on another broker if there is one.
            self.link = None;
            self.broker.failed();
        }
        Delivered {
            count: progress.count(),
            failure: outcome.err(),
        }
    }

    fn give_up(&mut self) -> String {
        self.broker.failed();
        let Some(link) = self.link.take() else {
            return "the broker cannot be reached".to_owned();
        };
        // A broker that does not read would not read a close either.
        link.socket.cut();
        if link.connection.status().blocked() {
            "the broker has blocked publishers: it is short of memory or disk".to_owned()
        } else {
            "the broker does not answer".to_owned()
        }
    }

    async fn close(&mut self) {
        if let Some(link) = &self.link {
            // The broker also notices a connection that is merely gone.
            let _ = link.connection.close(200, "OK".into()).await;
        }
        self.link = None;
    }
}

impl Link {
    fn is_usable(&self) -> bool {
        self.channel.status().connected() && self.connection.status().connected()
    }

    /// Declares the queues of these events, once per connection, and again every [`bus::LOOK`] to check that they have
    /// consumers.
    async fn declare(
        &mut self,
        broker: &Broker,
        exchange: &str,
        topics: &[String],
        events: &[Envelope],
    ) -> Result<(), String> {
        let topology = Topology::new(broker.settings());
        if self.looked.elapsed() >= bus::LOOK {
            self.declared.clear();
            self.looked = Instant::now();
        }
        for event in events {
            for topic in topics {
                let queue = queue(topic, event);
                if self.declared.contains(&queue) {
                    continue;
                }
                let failed = |error| format!("queue {queue}: {error}");
                let found = topology
                    .declare_queue(&self.channel, &queue)
                    .await
                    .map_err(failed)?;
                self.unread
                    .note(&queue, found.message_count(), found.consumer_count());
                topology
                    .bind(&self.channel, &queue, exchange, &queue)
                    .await
                    .map_err(failed)?;
                self.declared.insert(queue);
            }
        }
        Ok(())
    }

    /// Sends one event to all topics and waits for the broker's confirmations.
    async fn publish(
        &self,
        event: &Envelope,
        version: Version,
        exchange: &str,
        topics: &[String],
    ) -> Result<(), String> {
        let bodies: Result<Vec<_>, _> = (0..topics.len())
            .map(|topic| bus::encode(event, version, topic))
            .collect();
        let bodies = match bodies {
            Ok(bodies) => bodies,
            Err(error) => {
                // It can never be sent, and must not block the others.
                tracing::error!(event = %event.message_id, %error, "skipping an event that is not JSON");
                return Ok(());
            }
        };
        // A queue may be deleted at any time. With `mandatory` the broker reports that; without, it drops the event.
        let options = BasicPublishOptions {
            mandatory: true,
            ..BasicPublishOptions::default()
        };
        let publications = topics.iter().zip(&bodies).map(|(topic, body)| {
            let key = queue(topic, event);
            self.channel
                .basic_publish(exchange.into(), key.into(), options, body, bus::properties())
        });
        // Concurrently, so that the first poll also sends to the later topics.
        let confirms = try_join_all(publications).await.map_err(refused)?;
        for confirm in confirms {
            match confirm.await.map_err(refused)? {
                Confirmation::Ack(None) => {}
                Confirmation::Ack(Some(_)) => return Err("a queue was deleted".to_owned()),
                Confirmation::Nack(_) | Confirmation::NotRequested => {
                    return Err("the broker rejected an event".to_owned());
                }
            }
        }
        Ok(())
    }
}

/// Returns the queue of a topic for events of this priority, which is also the routing key.
fn queue(topic: &str, event: &Envelope) -> String {
    format!("{topic}.{}", event.priority.suffix())
}

#[allow(clippy::needless_pass_by_value, reason = "the signature that map_err needs")]
fn refused(error: lapin::Error) -> String {
    error.to_string()
}
