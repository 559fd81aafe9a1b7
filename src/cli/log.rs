//! The log of long-running commands.

use super::failure::Failure;
use crate::config::{self, Config};
use crate::telemetry::log::{self, LogHandle};
use crate::telemetry::{LogFormat, LogSettings};

/// Starts the configured log, and logs the configuration's warnings.
pub(super) fn start(config: &Config) -> Result<LogHandle, Failure> {
    let handle = log::init(&LogSettings {
        filter: quieted(config.general.log_level.as_str()),
        format: match config.general.log_format {
            config::LogFormat::Text => LogFormat::Text,
            config::LogFormat::Json => LogFormat::Json,
        },
        file: config.general.log_file.clone(),
    })?;
    for warning in &config.warnings {
        tracing::warn!("configuration: {warning}");
    }
    Ok(handle)
}

/// Silences two libraries at the configured level unless it mentions them. The HTTP parser logs each malformed request
/// as an error, so any client could flood the log; the broker's refusals are logged by the callers.
fn quieted(level: &str) -> String {
    let mut filter = String::new();
    for library in ["actix_http", "lapin"] {
        if !level.contains(library) {
            filter.push_str(library);
            filter.push_str("=off,");
        }
    }
    filter + level
}
