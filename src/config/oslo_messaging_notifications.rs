//! `[oslo_messaging_notifications]`.

use super::reader::OptionReader;
use super::transport_url::TransportUrl;
use super::value::Value;

/// `[oslo_messaging_notifications]`: the drivers of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OsloMessagingNotifications {
    /// The drivers, each of which gets every event.
    pub driver: Vec<Driver>,
    /// The topics that each event is sent to.
    pub topics: Vec<String>,
    /// The broker; `None` for `[DEFAULT] transport_url`.
    pub transport_url: Option<TransportUrl>,
    /// How often a failed delivery is retried before the event is dropped.
    pub retry: Retry,
}

/// A driver, with oslo.messaging's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// Nowhere.
    Noop,
    /// A line of the log.
    Log,
    /// RabbitMQ, with the plain envelope.
    Messaging,
    /// RabbitMQ, with the envelope as a string in another one.
    Messagingv2,
}

/// A number of retries, or no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retry(Option<u32>);

impl Retry {
    /// Returns the number of retries; `None` for no limit.
    pub fn limit(self) -> Option<u32> {
        self.0
    }
}

impl Default for OsloMessagingNotifications {
    fn default() -> Self {
        Self {
            driver: vec![Driver::Noop],
            topics: vec!["notifications".to_owned()],
            transport_url: None,
            retry: Retry::default(),
        }
    }
}

impl OsloMessagingNotifications {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("oslo_messaging_notifications");
        Self {
            driver: section.get("driver", default.driver),
            topics: section.get("topics", default.topics),
            transport_url: section.get("transport_url", default.transport_url),
            retry: section.get("retry", default.retry),
        }
    }

    /// Returns the drivers that do anything, without duplicates.
    pub fn drivers(&self) -> Vec<Driver> {
        let mut drivers = Vec::new();
        for driver in &self.driver {
            if *driver != Driver::Noop && !drivers.contains(driver) {
                drivers.push(*driver);
            }
        }
        drivers
    }

    /// Returns these drivers' names, under which events wait for them.
    pub fn targets(&self) -> Vec<String> {
        self.drivers()
            .into_iter()
            .map(|driver| driver.name().to_owned())
            .collect()
    }

    /// Whether events go to a broker.
    pub fn has_broker(&self) -> bool {
        self.drivers().iter().any(|driver| driver.has_broker())
    }
}

impl Driver {
    const ALL: [Self; 4] = [Self::Noop, Self::Log, Self::Messaging, Self::Messagingv2];

    /// Returns the name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Noop => "noop",
            Self::Log => "log",
            Self::Messaging => "messaging",
            Self::Messagingv2 => "messagingv2",
        }
    }

    fn has_broker(self) -> bool {
        matches!(self, Self::Messaging | Self::Messagingv2)
    }
}

impl Value for Driver {
    fn parse(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|driver| driver.name() == text)
            .ok_or_else(|| format!("{text:?} must be one of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

impl Value for Retry {
    fn parse(text: &str) -> Result<Self, String> {
        match text.parse::<i64>() {
            Ok(-1) => Ok(Self(None)),
            Ok(count) => u32::try_from(count)
                .map(|count| Self(Some(count)))
                .map_err(|_| out_of_range(text)),
            Err(_) => Err(out_of_range(text)),
        }
    }
}

fn out_of_range(text: &str) -> String {
    format!("{text:?} must be a whole number of retries, or -1 for no limit")
}
