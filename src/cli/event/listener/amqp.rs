//! The options of amqp listeners.

use clap::Args;

use super::fields::{ListenerFields, Options};
use crate::cli::failure::Failure;
use crate::listener::Kind;

/// Where messages go.
#[derive(Debug, Args)]
pub struct AmqpOptions {
    /// Optional name of an exchange that overrides `[messaging] topic_exchange`.
    #[arg(long)]
    exchange: Option<String>,
    /// What precedes the event type in the routing key; Pulp's is "pulp.server.".
    #[arg(long, value_name = "PREFIX")]
    routing_prefix: Option<String>,
}

impl Options for AmqpOptions {
    const KIND: Kind = Kind::Amqp;
    const REQUIRED: &'static [&'static str] = &["event_types"];
    const CREATE: &'static str = "\
Example:
  tidings event listener amqp create --event-type '*' --exchange events";
    const UPDATE: &'static str = "\
Example:
  tidings event listener amqp update --listener-id 0195e1f4-79f6-7b5c-a2b6-4a5b8a9b8a11 --exchange ''";

    fn set(&self, fields: &mut ListenerFields) -> Result<(), Failure> {
        fields.configure_text("exchange", self.exchange.as_ref());
        fields.configure_text("routing_prefix", self.routing_prefix.as_ref());
        Ok(())
    }
}
