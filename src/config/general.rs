//! `[DEFAULT]`.

use std::path::PathBuf;

use super::log_level::LogLevel;
use super::reader::OptionReader;
use super::transport_url::TransportUrl;
use super::value::Value;

/// `[DEFAULT]`: the log, who may call, and what other services have there about events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct General {
    /// What `$state_path` in other options stands for.
    pub state_path: PathBuf,
    /// The file the log is appended to; none for the standard error stream.
    pub log_file: Option<PathBuf>,
    /// What is logged. `debug = true` is read as `log_level = debug` where that is not set itself.
    pub log_level: LogLevel,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// Whether each request is logged.
    pub access_log: bool,
    /// How callers are known.
    pub auth_strategy: AuthStrategy,
    /// Who events are from that name nobody; this host, when none.
    pub default_publisher_id: Option<String>,
    /// Types of events that are not sent, and groups of types.
    pub disabled_notifications: Vec<String>,
    /// The exchange that events are sent to.
    pub control_exchange: String,
    /// The broker, where no other section names one.
    pub transport_url: Option<TransportUrl>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A sentence and `field=value`, for people.
    #[default]
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// How callers are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthStrategy {
    /// Everybody is who the token says: `user:project[:role,role]`. For trials and trusted networks.
    #[default]
    Noauth,
    /// Keystone says who a token's owner is; see `[keystone_authtoken]`.
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

/// As long as the database has room for, so that an event from nobody in particular can always be written.
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
            _ => Err(format!("{text:?} is neither text nor json")),
        }
    }
}

impl Value for AuthStrategy {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "noauth" => Ok(Self::Noauth),
            "keystone" => Ok(Self::Keystone),
            _ => Err(format!("{text:?} is neither keystone nor noauth")),
        }
    }
}
