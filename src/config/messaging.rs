//! `[messaging]`.

use std::borrow::Cow;
use std::path::PathBuf;

use super::fault::ConfigFaults;
use super::oslo_messaging_rabbit::{LoginMethod, OsloMessagingRabbit};
use super::reader::OptionReader;
use super::transport_url::TransportUrl;
use super::value::Value;

/// `[messaging]`: the broker of AMQP listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messaging {
    /// The broker; without one, deliveries of AMQP listeners fail.
    pub url: Option<MessagingUrl>,
    /// The exchange of listeners that name none.
    pub topic_exchange: String,
    /// A file of certificate authorities (PEM), in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// The version of AMQP.
    pub protocol: Protocol,
    /// With AMQP 1.0, the address that an event is sent to; none for that of the broker's kind.
    pub address: Option<Address>,
}

/// The version of AMQP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// AMQP 0-9-1, RabbitMQ's own.
    #[default]
    Classic,
    /// AMQP 1.0.
    #[cfg(feature = "amqp1")]
    One,
}

/// A broker's URL, with the scheme `amqp` or `amqps`, or `tcp` or `ssl` as Pulp has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagingUrl {
    /// The broker.
    pub transport: TransportUrl,
    /// Whether the URL names a user.
    pub has_user: bool,
}

/// The pattern of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Cow<'static, str>);

impl Address {
    /// That of exchanges in RabbitMQ from version 4 on.
    pub const RABBITMQ_4: Self = Self(Cow::Borrowed("/exchanges/{exchange}/{routing_key}"));
    /// That of exchanges in RabbitMQ 3 with its plugin.
    pub const RABBITMQ_3: Self = Self(Cow::Borrowed("/exchange/{exchange}/{routing_key}"));
    /// That of brokers such as Qpid, which route by the subject.
    pub const NAME: Self = Self(Cow::Borrowed("{exchange}"));

    const EXCHANGE: &'static str = "{exchange}";
    const KEY: &'static str = "{routing_key}";

    /// Returns the address of an exchange for this routing key.
    pub fn of(&self, exchange: &str, key: &str) -> String {
        self.0.replace(Self::EXCHANGE, exchange).replace(Self::KEY, key)
    }
}

impl Default for Messaging {
    fn default() -> Self {
        Self {
            url: None,
            topic_exchange: "amq.topic".to_owned(),
            ca_file: None,
            protocol: Protocol::default(),
            address: None,
        }
    }
}

impl Messaging {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("messaging");
        let named = |name: &String| {
            let fault = || format!("{name:?} must be {NAMES}");
            is_exchange(name).then_some(()).ok_or_else(fault)
        };
        Self {
            url: section.get("url", default.url),
            topic_exchange: section.checked("topic_exchange", default.topic_exchange, named),
            ca_file: section.get("ca_file", default.ca_file),
            protocol: section.get("protocol", default.protocol),
            address: section.get("address", default.address),
        }
    }

    /// Returns the settings of its connections, which are those of no other section. Every broker knows the login method,
    /// not only RabbitMQ; like the others, it can be set after the URL's `?`.
    pub fn connection(&self) -> OsloMessagingRabbit {
        OsloMessagingRabbit {
            rabbit_login_method: LoginMethod::Plain,
            ssl_ca_file: self.ca_file.clone(),
            ..OsloMessagingRabbit::default()
        }
    }

    pub(super) fn check(&self, faults: &mut ConfigFaults) {
        let url = self.url.as_ref();
        if self.ca_file.is_some() && url.is_some_and(|url| !url.transport.settings(&self.connection()).ssl) {
            let text = "requires a url with the scheme amqps or ssl";
            faults.add("messaging", "ca_file", text.to_owned());
        }
    }
}

/// What [`is_exchange`] requires.
pub(crate) const NAMES: &str = "1 to 127 of the characters a-z, A-Z, 0-9, - _ . :";

/// Whether this can be the name of an exchange.
pub(crate) fn is_exchange(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(is_key)
}

/// Whether a routing key may contain this. `*` and `#` are for bindings.
pub(crate) fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte)
}

impl Value for MessagingUrl {
    /// Faults never repeat the URL, since it may contain a password.
    fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let scheme = match scheme {
            "amqp" | "tcp" => "amqp",
            "amqps" | "ssl" => "amqps",
            _ => return Err("must be a URL such as amqps://user:password@host:5671/virtual_host".to_owned()),
        };
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        Ok(Self {
            has_user: authority.contains('@'),
            transport: TransportUrl::parse(&format!("{scheme}://{rest}"))?,
        })
    }
}

impl Value for Protocol {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "0-9-1" => Ok(Self::Classic),
            #[cfg(feature = "amqp1")]
            "1.0" => Ok(Self::One),
            #[cfg(not(feature = "amqp1"))]
            "1.0" => Err("1.0 requires a build with the cargo feature amqp1".to_owned()),
            _ => Err(format!("{text:?} must be 0-9-1 or 1.0")),
        }
    }
}

impl Value for Address {
    fn parse(text: &str) -> Result<Self, String> {
        let rest = text.replacen(Self::EXCHANGE, "", 1).replacen(Self::KEY, "", 1);
        let is_right = text.contains(Self::EXCHANGE) && !rest.contains(['{', '}']) && text.len() <= 255;
        let fault = || {
            format!(
                "{text:?} must contain {{exchange}}, may contain {{routing_key}}, and nothing else in braces"
            )
        };
        is_right.then(|| Self(text.to_owned().into())).ok_or_else(fault)
    }
}
