//! The configuration of AMQP.

use super::fields::Fields;
use crate::config::{NAMES, is_exchange, is_key};

/// The longest prefix. A routing key has at most 255 bytes; this leaves 128 for the event type.
const LONGEST_PREFIX: usize = 127;

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amqp {
    /// The exchange, instead of `[messaging] topic_exchange`.
    pub exchange: Option<String>,
    /// The prefix of the event type in the routing key, such as `pulp.server.`.
    pub prefix: String,
}

impl Amqp {
    pub(super) fn check(fields: &mut Fields<'_>) -> Self {
        let exchange = fields.line("exchange", usize::MAX);
        if exchange.is_some_and(|name| !is_exchange(name)) {
            fields.fault("exchange", &format!("must be {NAMES}"));
        }
        let prefix = fields.line("routing_prefix", usize::MAX).unwrap_or_default();
        if prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(is_key) {
            fields.fault("routing_prefix", &format!("must be {NAMES}"));
        }
        Self {
            exchange: exchange.map(str::to_owned),
            prefix: prefix.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::notifier::{Kind, Notifier};

    fn faults(config: &serde_json::Value) -> Vec<String> {
        let checked = Notifier::check(Kind::Amqp, config.as_object().unwrap(), true);
        let faults = checked.err().unwrap_or_default();
        faults.into_iter().map(|fault| fault.to_string()).collect()
    }

    #[test]
    fn an_exchange_and_a_prefix_are_names_that_every_broker_takes() {
        let longest = "x".repeat(127);
        for config in [
            json!({}),
            json!({"exchange": "amq.topic", "routing_prefix": "pulp.server."}),
            json!({"exchange": longest, "routing_prefix": longest}),
        ] {
            assert_eq!(faults(&config), [""; 0], "{config}");
        }
        for wrong in ["", "a b", "é", "repo.*", "#", "a/b", &"x".repeat(128), "a\nb"] {
            for field in ["exchange", "routing_prefix"] {
                let [fault] = &faults(&json!({ field: wrong }))[..] else {
                    panic!("{field}: {wrong:?}");
                };
                assert!(
                    fault.starts_with(&format!("notifier_config.{field}: must ")),
                    "{fault}"
                );
            }
        }
    }
}
