//! What was delivered together: planned, recorded in one transaction, acknowledged.

use lapin::message::Delivery;
use lapin::types::{AMQPValue, ShortString};
use tokio::sync::watch;

use super::link::Line;
use super::{Consumer, FIRST_REST, LONGEST_REST, Lost, stopped};
use crate::bus;
use crate::ingest::gather::{Gathering, Tally};
use crate::store::Error;
use crate::store::ingest::Outcome;

/// How often a notification is brought by itself that the database says stands already; another server may just have
/// recorded it.
const TRIES: u32 = 5;

/// Why a batch was not recorded.
enum Failure {
    /// It is the fault of something in it.
    Poisoned(Error),
    /// There is nobody any more to tell about it, or no time.
    Lost(Lost),
}

/// What was delivered together and can be read.
#[derive(Default)]
pub(super) struct Prepared {
    deliveries: Vec<Delivery>,
    gathering: Gathering,
}

impl Prepared {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.deliveries.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
    }
}

impl Consumer {
    /// Plans what was delivered, and rejects what cannot be read.
    pub(super) async fn prepare(
        &self,
        line: &Line,
        delivered: Vec<Delivery>,
        prepared: &mut Prepared,
    ) -> Result<(), Lost> {
        if prepared.is_empty() {
            // It may have waited for this for hours.
            prepared.gathering = Gathering::new(self.clock.now());
        }
        for delivery in delivered {
            self.metrics.received.inc();
            match self.plan(&delivery, &mut prepared.gathering) {
                Ok(()) => prepared.deliveries.push(delivery),
                Err(error) => self.reject(line, &delivery, &error).await?,
            }
        }
        Ok(())
    }

    /// Records what was prepared, acknowledges it, and rejects what cannot be recorded.
    pub(super) async fn settle(
        &self,
        line: &Line,
        prepared: Prepared,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Lost> {
        let Prepared {
            deliveries,
            gathering,
        } = prepared;
        match self.record(line, &deliveries, gathering, &mut stop).await {
            Ok(()) => match deliveries.last() {
                Some(last) => line.acknowledge(last.delivery_tag, true).await,
                None => Ok(()),
            },
            Err(Failure::Lost(reason)) => Err(reason),
            Err(Failure::Poisoned(error)) => {
                let many = deliveries.len();
                tracing::warn!(notifications = many, %error, "notifications are recorded one at a time");
                for delivery in &deliveries {
                    self.handle_alone(line, delivery, &mut stop).await?;
                }
                Ok(())
            }
        }
    }

    async fn handle_alone(
        &self,
        line: &Line,
        delivery: &Delivery,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Lost> {
        let mut tries = 0;
        loop {
            tries += 1;
            let alone = std::slice::from_ref(delivery);
            match self.record(line, alone, self.gather(alone), stop).await {
                Ok(()) => return line.acknowledge(delivery.delivery_tag, false).await,
                Err(Failure::Lost(reason)) => return Err(reason),
                Err(Failure::Poisoned(Error::Conflict(_))) if tries < TRIES => {
                    tokio::time::sleep(FIRST_REST).await;
                }
                Err(Failure::Poisoned(error)) => return self.reject(line, delivery, &error).await,
            }
        }
    }

    fn plan(&self, delivery: &Delivery, gathering: &mut Gathering) -> Result<(), bus::Malformed> {
        let notification = self.read(delivery)?;
        let exchange = delivery.exchange.as_str();
        if let Some(reason) = gathering.add(&self.planner, &notification, exchange) {
            let id = notification.message_id.as_deref().unwrap_or_default();
            tracing::warn!(exchange, id, reason, "an order of a message was refused");
        }
        Ok(())
    }

    /// Plans again what was planned before.
    fn gather(&self, deliveries: &[Delivery]) -> Gathering {
        let mut gathering = Gathering::new(self.clock.now());
        for delivery in deliveries {
            // It could be read.
            let _ = self.plan(delivery, &mut gathering);
        }
        gathering
    }

    /// Records, and waits for a database that cannot take it now. Messages that have waited are as old as their commit.
    async fn record(
        &self,
        line: &Line,
        deliveries: &[Delivery],
        mut gathering: Gathering,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<(), Failure> {
        let mut rest = FIRST_REST;
        loop {
            let recorded = if gathering.is_empty() {
                Ok(Vec::new())
            } else {
                self.store.ingest(gathering.batch(), &self.reporter).await
            };
            match recorded {
                Ok(outcomes) => {
                    self.count(&gathering, &outcomes);
                    return Ok(());
                }
                Err(error @ (Error::Conflict(_) | Error::Broken(_) | Error::NotFound)) => {
                    return Err(Failure::Poisoned(error));
                }
                Err(error @ (Error::Busy(_) | Error::Unavailable(_))) => {
                    tracing::warn!(%error, "notifications wait for the database");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = stopped(stop) => return Err(Failure::Lost(Lost::Stopped)),
            }
            if !line.is_up() {
                return Err(Failure::Lost(Lost::Cancelled));
            }
            rest = (rest * 2).min(LONGEST_REST);
            gathering = self.gather(deliveries);
        }
    }

    fn count(&self, gathering: &Gathering, outcomes: &[Outcome]) {
        let Tally {
            recorded,
            repeated,
            ownerless,
            refused,
            ..
        } = gathering.tally(outcomes);
        self.metrics.recorded.inc_by(recorded);
        self.metrics.repeated.inc_by(repeated);
        self.metrics.ownerless.inc_by(ownerless);
        self.metrics.refused.inc_by(refused);
    }

    /// Gives a delivery back that nobody could do anything with. What it says is not logged.
    async fn reject(
        &self,
        line: &Line,
        delivery: &Delivery,
        error: &(dyn std::error::Error + Sync),
    ) -> Result<(), Lost> {
        self.metrics.rejected.inc();
        tracing::error!(
            exchange = delivery.exchange.as_str(),
            key = delivery.routing_key.as_str(),
            bytes = delivery.data.len(),
            %error,
            "a notification was rejected"
        );
        line.reject(delivery.delivery_tag).await
    }

    fn read(&self, delivery: &Delivery) -> Result<bus::Notification, bus::Malformed> {
        let properties = &delivery.properties;
        let content_type = properties.content_type().as_ref().map(ShortString::as_str);
        let compression = properties
            .headers()
            .as_ref()
            .and_then(|headers| headers.inner().get("compression"));
        let compression = match compression {
            Some(AMQPValue::LongString(text)) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
            Some(AMQPValue::ShortString(text)) => Some(text.as_str().to_owned()),
            Some(_) => return Err(bus::Malformed::Compression),
            None => None,
        };
        self.planner
            .read(content_type, compression.as_deref(), &delivery.data)
    }
}
