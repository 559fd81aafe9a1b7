//! `[DEFAULT]`.

use std::path::PathBuf;

use super::log_level::LogLevel;
use super::reader::OptionReader;
use super::transport_url::TransportUrl;
use super::value::Value;

/// `[DEFAULT]`: the log, authentication, and the event options that other services have in this section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct General {
    /// The value of `$state_path` in other options.
    pub state_path: PathBuf,
    /// The file that the log is appended to; `None` for standard error.
    pub log_file: Option<PathBuf>,
    /// What is logged. `debug = true` means `log_level = debug` if that is not set itself.
    pub log_level: LogLevel,
    /// The format of a log line.
    pub log_format: LogFormat,
    /// Whether each request is logged.
    pub access_log: bool,
    /// How callers are authenticated.
    pub auth_strategy: AuthStrategy,
    /// The publisher of events that name none; `None` for this host.
    pub default_publisher_id: Option<String>,
    /// Types and groups of events that are not sent.
    pub disabled_notifications: Vec<String>,
    /// The exchange that events are sent to.
    pub control_exchange: String,
    /// The broker, unless another section names one.
    pub transport_url: Option<TransportUrl>,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A sentence and `field=value` pairs, for people.
    #[default]
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// How callers are authenticated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthStrategy {
    /// Callers name themselves: `user:project[:role,role]`. For trials and trusted networks.
    #[default]
    Noauth,
    /// Keystone validates tokens; see `[keystone_authtoken]`.
    Keystone,
}

impl Default for General {
    fn default() -> Self {
        Self {
            state_path: "/var/lib/tidings".into(),
            log_file: None,
            log_level: LogLevel::default(),
            log_format: LogFormat::Text,
            access_log: true,
            auth_strategy: AuthStrategy::Noauth,
            default_publisher_id: None,
            disabled_notifications: Vec::new(),
            control_exchange: "openstack".to_owned(),
            transport_url: None,
        }
    }
}

impl General {
    pub(super) fn read(reader: &mut OptionReader) -> Self {
        let default = Self::default();
        let mut section = reader.section("DEFAULT");
        let level = if section.get("debug", false) {
            LogLevel::debug()
        } else {
            default.log_level
        };
        Self {
            state_path: section.get("state_path", default.state_path),
            log_file: section.get("log_file", default.log_file),
            log_level: section.get("log_level", level),
            log_format: section.get("log_format", default.log_format),
            access_log: section.get("access_log", default.access_log),
            auth_strategy: section.get("auth_strategy", default.auth_strategy),
            default_publisher_id: section.checked(
                "default_publisher_id",
                default.default_publisher_id,
                |name| name.as_deref().map_or(Ok(()), publisher),
            ),
            disabled_notifications: section.get("disabled_notifications", default.disabled_notifications),
            control_exchange: section.get("control_exchange", default.control_exchange),
            transport_url: section.get("transport_url", default.transport_url),
        }
    }
}

/// Limited to the width of the database's column, so that an event without a publisher can always be written.
fn publisher(name: &str) -> Result<(), String> {
    if name.chars().count() <= 255 && !name.chars().any(char::is_control) {
        return Ok(());
    }
    Err("must be 1 to 255 characters without control characters".to_owned())
}

impl Value for LogFormat {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("{text:?} must be text or json")),
        }
    }
}

impl Value for AuthStrategy {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "noauth" => Ok(Self::Noauth),
            "keystone" => Ok(Self::Keystone),
            _ => Err(format!("{text:?} must be keystone or noauth")),
        }
    }
}
