//! The AMQP notifier.

use super::classic::Classic;
use super::fault::Fault;
#[cfg(feature = "amqp1")]
use super::one::One;
use super::parcel::Parcel;
use super::shared::Shared;
use crate::bus::{self, Broker};
use crate::config::{Config, Protocol};
use crate::delivery::notifiers::outcome::{Notice, Outcome, Verdict};
use crate::listener::Amqp;

/// Delivers events to the broker of `[messaging]`.
#[derive(Debug)]
pub struct AmqpNotifier {
    wire: Wire,
    /// The exchange of listeners that name none.
    exchange: String,
}

#[derive(Debug)]
enum Wire {
    Classic(Shared<Classic>),
    #[cfg(feature = "amqp1")]
    One(Shared<One>),
}

impl AmqpNotifier {
    /// Creates the notifier; none without `[messaging] url`. Does not connect yet.
    ///
    /// # Errors
    /// Fails if files for TLS are unusable.
    pub fn new(config: &Config) -> Result<Option<Self>, bus::Error> {
        let messaging = &config.messaging;
        let Some(url) = &messaging.url else {
            return Ok(None);
        };
        let patience = config.listeners.timeout;
        let broker = Broker::new(&url.transport, &messaging.connection())?;
        let wire = match messaging.protocol {
            Protocol::Classic => Wire::Classic(Shared::new(Classic(broker), patience)),
            #[cfg(feature = "amqp1")]
            Protocol::One => {
                let one = One {
                    broker,
                    has_user: url.has_user,
                    address: messaging.address.clone(),
                };
                Wire::One(Shared::new(one, patience))
            }
        };
        Ok(Some(Self {
            wire,
            exchange: messaging.topic_exchange.clone(),
        }))
    }

    /// Makes one attempt to deliver, which takes no longer than `[listeners] timeout`. May be cancelled at any point. Requires a tokio runtime, which
    /// has to run for as long as the notifier is used.
    pub async fn notify(&self, target: &Amqp, notice: &Notice<'_>) -> Outcome {
        for event in notice.events {
            let parcel = match Parcel::new(event, notice.listener.settings.format, target, &self.exchange) {
                Ok(parcel) => parcel,
                Err(reason) => return refused(reason),
            };
            if let Err(Fault { status, words, .. }) = self.send(&parcel).await {
                return Outcome {
                    verdict: Verdict::Failed(None),
                    status,
                    answer: words,
                };
            }
        }
        Outcome {
            verdict: Verdict::Delivered,
            status: None,
            answer: "confirmed by the broker".to_owned(),
        }
    }

    async fn send(&self, parcel: &Parcel<'_>) -> Result<(), Fault> {
        match &self.wire {
            Wire::Classic(shared) => shared.send(parcel).await,
            #[cfg(feature = "amqp1")]
            Wire::One(shared) => shared.send(parcel).await,
        }
    }

    /// Closes the connection cleanly.
    pub async fn close(self) {
        match self.wire {
            Wire::Classic(shared) => shared.close().await,
            #[cfg(feature = "amqp1")]
            Wire::One(shared) => shared.close().await,
        }
    }
}

fn refused(answer: String) -> Outcome {
    Outcome {
        verdict: Verdict::Refused,
        status: None,
        answer,
    }
}
