//! The log of the commands that keep running.

use super::failure::Failure;
use crate::config::{self, Config};
use crate::telemetry::log::{self, LogHandle};
use crate::telemetry::{LogFormat, LogSettings};

/// Starts the configured log, and writes the warnings about the configuration to it.
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

/// The log level without the lines of two libraries, unless it asks for them. The HTTP parser logs each malformed request as
/// an error, so that any client could fill the log; callers of the broker log what it refuses.
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
