//! `[oslo_messaging_rabbit]`.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::{OptionReader, check};
use super::value::Value;

/// `[oslo_messaging_rabbit]`: the connection to brokers. The options of a transport URL take precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a switch that operators know by its name"
)]
pub struct OsloMessagingRabbit {
    /// Whether exchanges and queues survive a restart of the broker. Must match the other services.
    pub amqp_durable_queues: bool,
    /// Whether they are deleted with their last user.
    pub amqp_auto_delete: bool,
    /// Whether queues are quorum queues, which are always durable.
    pub rabbit_quorum_queue: bool,
    /// How often a quorum queue delivers a message before it drops it; 0 for the broker's default.
    pub rabbit_quorum_delivery_limit: u64,
    /// How many messages a quorum queue keeps in memory; 0 for any number.
    pub rabbit_quorum_max_memory_length: u64,
    /// How many bytes a quorum queue keeps in memory; 0 for any number.
    pub rabbit_quorum_max_memory_bytes: u64,
    /// How long the broker may be silent before it counts as dead; zero for no limit.
    pub heartbeat_timeout_threshold: Duration,
    /// The login mechanism.
    pub rabbit_login_method: LoginMethod,
    /// The wait before a failed broker is retried; doubled each time.
    pub rabbit_retry_interval: Duration,
    /// The longest such wait.
    pub rabbit_interval_max: Duration,
    /// Whether connections are encrypted, and the broker's certificate verified.
    pub ssl: bool,
    /// A file of certificate authorities (PEM), in addition to the system's.
    pub ssl_ca_file: Option<PathBuf>,
    /// The file of this server's own certificate (PEM).
    pub ssl_cert_file: Option<PathBuf>,
    /// The file of its key (PEM).
    pub ssl_key_file: Option<PathBuf>,
}

/// The login mechanism.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoginMethod {
    /// RabbitMQ's own, which oslo.messaging uses.
    #[default]
    Amqplain,
    /// SASL's.
    Plain,
    /// None: the certificate identifies the server.
    External,
}

impl Default for OsloMessagingRabbit {
    fn default() -> Self {
        Self {
            amqp_durable_queues: false,
            amqp_auto_delete: false,
            rabbit_quorum_queue: false,
            rabbit_quorum_delivery_limit: 0,
            rabbit_quorum_max_memory_length: 0,
            rabbit_quorum_max_memory_bytes: 0,
            heartbeat_timeout_threshold: Duration::from_secs(60),
            rabbit_login_method: LoginMethod::Amqplain,
            rabbit_retry_interval: Duration::from_secs(1),
            rabbit_interval_max: Duration::from_secs(30),
            ssl: false,
            ssl_ca_file: None,
            ssl_cert_file: None,
            ssl_key_file: None,
        }
    }
}

/// How long a broker may be silent; zero for no limit.
const SILENCE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(3600);

/// The range of waits. Without a wait, an absent broker would keep a processor busy.
const REST: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(3600);

/// The limits of a quorum queue, which AMQP represents as signed numbers.
const LIMIT: RangeInclusive<u64> = 0..=i64::MAX.unsigned_abs();

/// Options of oslo.messaging without effect here: they concern that library, or the queues of RPC calls. They are
/// accepted, since URLs and sections are often copied from another service's file.
const FOREIGN: [&str; 25] = [
    "conn_pool_min_size",
    "conn_pool_ttl",
    "direct_mandatory_flag",
    "enable_cancel_on_failover",
    "heartbeat_in_pthread",
    "heartbeat_rate",
    "hostname",
    "kombu_compression",
    "kombu_failover_strategy",
    "kombu_missing_consumer_retry_timeout",
    "kombu_reconnect_delay",
    "kombu_reconnect_splay",
    "kombu_reconnect_timeout",
    "processname",
    "rabbit_ha_queues",
    "rabbit_qos_prefetch_count",
    "rabbit_retry_backoff",
    "rabbit_stream_fanout",
    "rabbit_transient_queues_ttl",
    "rabbit_transient_quorum_queue",
    "rpc_conn_pool_size",
    "ssl_enforce_fips_mode",
    "ssl_enforce_hostname_verification",
    "ssl_version",
    "use_queue_manager",
];

impl OsloMessagingRabbit {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("oslo_messaging_rabbit");
        for option in FOREIGN {
            section.ignore(option, "it is about the inner workings of oslo.messaging");
        }
        Self {
            amqp_durable_queues: section.get("amqp_durable_queues", default.amqp_durable_queues),
            amqp_auto_delete: section.get("amqp_auto_delete", default.amqp_auto_delete),
            rabbit_quorum_queue: section.get("rabbit_quorum_queue", default.rabbit_quorum_queue),
            rabbit_quorum_delivery_limit: section.within(
                "rabbit_quorum_delivery_limit",
                default.rabbit_quorum_delivery_limit,
                &LIMIT,
            ),
            rabbit_quorum_max_memory_length: section.within(
                "rabbit_quorum_max_memory_length",
                default.rabbit_quorum_max_memory_length,
                &LIMIT,
            ),
            rabbit_quorum_max_memory_bytes: section.within(
                "rabbit_quorum_max_memory_bytes",
                default.rabbit_quorum_max_memory_bytes,
                &LIMIT,
            ),
            heartbeat_timeout_threshold: section.within(
                "heartbeat_timeout_threshold",
                default.heartbeat_timeout_threshold,
                &SILENCE,
            ),
            rabbit_login_method: section.get("rabbit_login_method", default.rabbit_login_method),
            rabbit_retry_interval: section.within(
                "rabbit_retry_interval",
                default.rabbit_retry_interval,
                &REST,
            ),
            rabbit_interval_max: section.within("rabbit_interval_max", default.rabbit_interval_max, &REST),
            ssl: section.get("ssl", default.ssl),
            ssl_ca_file: section.get("ssl_ca_file", default.ssl_ca_file),
            ssl_cert_file: section.get("ssl_cert_file", default.ssl_cert_file),
            ssl_key_file: section.get("ssl_key_file", default.ssl_key_file),
        }
    }

    /// Sets an option from a URL. Faults never repeat it.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let read = |what| move |_| format!("{name}: must be {what}");
        let switch = || bool::parse(value).map_err(read("true or false"));
        let seconds = |range: &RangeInclusive<Duration>| {
            let parsed = Duration::parse(value).map_err(read("a number of seconds"))?;
            check(&parsed, range).map_err(|fault| format!("{name}: {fault}"))?;
            Ok::<_, String>(parsed)
        };
        let limit = || {
            let parsed = u64::parse(value).map_err(read("a number"))?;
            check(&parsed, &LIMIT).map_err(|fault| format!("{name}: {fault}"))?;
            Ok::<_, String>(parsed)
        };
        let file = || Option::parse(value).map_err(read("a path"));
        match name {
            "amqp_durable_queues" => self.amqp_durable_queues = switch()?,
            "amqp_auto_delete" => self.amqp_auto_delete = switch()?,
            "rabbit_quorum_queue" => self.rabbit_quorum_queue = switch()?,
            "rabbit_quorum_delivery_limit" => self.rabbit_quorum_delivery_limit = limit()?,
            "rabbit_quorum_max_memory_length" => self.rabbit_quorum_max_memory_length = limit()?,
            "rabbit_quorum_max_memory_bytes" => self.rabbit_quorum_max_memory_bytes = limit()?,
            "heartbeat_timeout_threshold" => self.heartbeat_timeout_threshold = seconds(&SILENCE)?,
            "rabbit_login_method" => {
                self.rabbit_login_method =
                    LoginMethod::parse(value).map_err(read("AMQPLAIN, PLAIN or EXTERNAL"))?;
            }
            "rabbit_retry_interval" => self.rabbit_retry_interval = seconds(&REST)?,
            "rabbit_interval_max" => self.rabbit_interval_max = seconds(&REST)?,
            "ssl" => self.ssl = switch()?,
            "ssl_ca_file" => self.ssl_ca_file = file()?,
            "ssl_cert_file" => self.ssl_cert_file = file()?,
            "ssl_key_file" => self.ssl_key_file = file()?,
            _ if FOREIGN.contains(&name) => {}
            _ => return Err("has an option after ? that [oslo_messaging_rabbit] does not have".to_owned()),
        }
        Ok(())
    }
}

impl Value for LoginMethod {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "AMQPLAIN" => Ok(Self::Amqplain),
            "PLAIN" => Ok(Self::Plain),
            "EXTERNAL" => Ok(Self::External),
            _ => Err(format!("{text:?} must be AMQPLAIN, PLAIN or EXTERNAL")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The options of oslo.messaging; tests/rabbitmq compares the list with the package.
    const OPTIONS: &str = include_str!("../../tests/fixtures/oslo_messaging_rabbit_options.txt");

    #[test]
    fn every_option_of_oslo_messaging_is_known() {
        for option in OPTIONS.lines() {
            let fault = OsloMessagingRabbit::default().set(option, "1").err();
            let is_unknown = fault.is_some_and(|fault| fault.starts_with("has an option"));
            assert!(!is_unknown, "{option}");
        }
        assert!(OsloMessagingRabbit::default().set("rabbit_quorum", "1").is_err());
    }

    #[test]
    fn limits_of_quorum_queues_are_numbers() {
        let mut settings = OsloMessagingRabbit::default();
        settings.set("rabbit_quorum_delivery_limit", "7").unwrap();
        assert_eq!(settings.rabbit_quorum_delivery_limit, 7);
        for value in ["-1", "x", "9223372036854775808"] {
            let fault = settings.set("rabbit_quorum_max_memory_bytes", value);
            assert!(fault.is_err(), "{value}");
        }
    }
}
