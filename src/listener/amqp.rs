//! The configuration of AMQP.

use super::fields::Fields;

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amqp {
    /// The exchange, instead of `[messaging] topic_exchange`.
    pub exchange: Option<String>,
    /// What precedes the event type in the routing key, such as `pulp.server.`.
    pub prefix: String,
}

impl Amqp {
    pub(super) fn check(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            exchange: fields.line("exchange", 127).map(str::to_owned),
            prefix: fields.line("routing_prefix", 64).unwrap_or_default().to_owned(),
        })
    }
}
