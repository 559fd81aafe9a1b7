//! `tidings ingest` without a file: consumes from the broker until stopped.

use std::path::Path;

use crate::cli::background;
use crate::cli::failure::Failure;
use crate::config::Config;
use crate::ingest::Consumer;

/// Consumes until SIGTERM or SIGINT.
pub(super) fn run(config_file: Option<&Path>) -> Result<(), Failure> {
    background::run(config_file, Config::check_ingest, |parts| {
        let configured = Consumer::new(
            parts.config,
            parts.store.clone(),
            parts.clock.clone(),
            parts.reporter.clone(),
            parts.metrics,
        )?;
        let consumer = configured.ok_or_else(|| {
            let text = "[ingest] transport_url is required: the broker to consume from";
            Failure::Unconfigured(text.to_owned())
        })?;
        Ok(vec![consumer.task()])
    })
}
