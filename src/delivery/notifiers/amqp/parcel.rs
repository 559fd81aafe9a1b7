//! A message for one event, in either protocol.

use crate::delivery::notifiers::body::EventBody;
use crate::event::Envelope;
use crate::listener::{Amqp, Format};
use crate::message::time;

/// The longest routing key in AMQP 0-9-1.
const LONGEST_KEY: usize = 255;

/// An event on its way to an exchange.
#[derive(Debug)]
pub(super) struct Parcel<'a> {
    /// The exchange.
    pub(super) exchange: &'a str,
    /// The routing key.
    pub(super) key: String,
    /// The event.
    pub(super) event: &'a Envelope,
    /// Its body.
    pub(super) body: EventBody,
}

impl<'a> Parcel<'a> {
    /// Packs an event; `exchange` is that of listeners which name none.
    ///
    /// # Errors
    /// The reason why it can never be sent.
    pub(super) fn new(
        event: &'a Envelope,
        format: Format,
        target: &'a Amqp,
        exchange: &'a str,
    ) -> Result<Self, String> {
        let key = format!("{}{}", target.prefix, event.event_type);
        if key.len() > LONGEST_KEY {
            return Err(format!(
                "the routing key would be longer than {LONGEST_KEY} bytes: shorten the prefix"
            ));
        }
        let body =
            EventBody::new(event, format).map_err(|error| format!("the event is not JSON: {error}"))?;
        Ok(Self {
            exchange: target.exchange.as_deref().unwrap_or(exchange),
            key,
            event,
            body,
        })
    }

    /// Returns when the event was reported, in seconds since 1970, as AMQP 0-9-1 counts.
    pub(super) fn seconds(&self) -> u64 {
        u64::try_from(self.event.timestamp / time::SECOND).unwrap_or_default()
    }

    /// Yields the attributes of a binary CloudEvent, named as its AMQP binding has them.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (String, &str)> {
        let attributes = self.body.attributes.iter();
        attributes.map(|(name, value)| (format!("cloudEvents_{name}"), value.as_str()))
    }
}
