//! The notifiers and their configuration.

use serde_json::{Map, Value};

use super::amqp::Amqp;
use super::email::Email;
use super::fields::{Fields, ListenerFault};
use super::http::Http;
use crate::named::named;

named! {
    /// The kinds of notifiers.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Kind {
        /// E-mail.
        Email = "email",
        /// A POST to a URL.
        Http = "http",
        /// A message on a broker.
        Amqp = "amqp",
        /// The receiver fetches its deliveries.
        Pull = "pull",
    }
}

impl Kind {
    /// Returns the keys of its configuration that are secrets.
    pub fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Http => Http::SECRETS,
            Self::Email | Self::Amqp | Self::Pull => &[],
        }
    }
}

/// How a listener's events are delivered.
#[derive(Debug, Clone, PartialEq)]
pub enum Notifier {
    /// By e-mail.
    Email(Email),
    /// By a POST to a URL.
    Http(Box<Http>),
    /// By a message to a broker.
    Amqp(Amqp),
    /// Fetched by the receiver.
    Pull,
}

impl Notifier {
    /// Checks a configuration as a client sends it. `is_cloud` is whether the listener gets the events of all projects, and so
    /// belongs to an operator.
    ///
    /// # Errors
    /// Every key at fault.
    pub fn check(
        kind: Kind,
        config: &Map<String, Value>,
        is_cloud: bool,
    ) -> Result<Self, Vec<ListenerFault>> {
        let mut fields = Fields::new(config, "notifier_config.");
        let notifier = match kind {
            Kind::Email => Email::check(&mut fields).map(Self::Email),
            Kind::Http => Http::check(&mut fields, is_cloud).map(|http| Self::Http(Box::new(http))),
            Kind::Amqp => Some(Self::Amqp(Amqp::check(&mut fields))),
            Kind::Pull => Some(Self::Pull),
        };
        let faults = fields.finish();
        match notifier {
            Some(notifier) if faults.is_empty() => Ok(notifier),
            _ => Err(faults),
        }
    }

    /// Returns its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Email(_) => Kind::Email,
            Self::Http(_) => Kind::Http,
            Self::Amqp(_) => Kind::Amqp,
            Self::Pull => Kind::Pull,
        }
    }
}
