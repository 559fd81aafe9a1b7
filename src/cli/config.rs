//! `tidings config`.

use std::path::Path;

use clap::Subcommand;

use super::context::Context;
use super::failure::Failure;
use super::output::Output;
use crate::api::StartError;
use crate::config::Config;
use crate::delivery::Delivery;
use crate::identity::{Owners, Policy, Sessions, Source};
use crate::ingest::Consumer;

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration as `serve` does at its start, and name every fault.
    #[command(after_help = "\
Reads the files and the environment, and the policy, certificates and keys that they name. Opens no
database and connects to nothing. Exit code 78 says that `serve` would not start; options that
nobody knows are warnings.

Examples:
  tidings config check
  tidings --config-file /etc/tidings/tidings.conf config check")]
    Check,
}

impl ConfigCommand {
    pub(super) fn run(&self, config_file: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Check => check(config_file, output),
        }
    }
}

fn check(config_file: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let context = Context::load(config_file, output)?;
    let (config, clock) = (&context.config, &context.clock);
    Source::new(config, clock.clone(), &context.metrics).map_err(StartError::from)?;
    Sessions::check(&config.session).map_err(StartError::from)?;
    Owners::new(&config.catalog, config.general.auth_strategy).map_err(StartError::from)?;
    let policy = Policy::load(config, clock.clone())?.rules();
    for warning in &policy.warnings {
        output.note(&format!("tidings: warning: {warning}"));
    }
    Delivery::check(config)?;
    if config.ingest.enabled {
        Consumer::check(config).map_err(|error| Failure::Unconfigured(error.to_string()))?;
    }
    output.line(&format!("{}: no faults", read(config)))
}

/// The files that were read.
fn read(config: &Config) -> String {
    let files: Vec<_> = config
        .files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    if files.is_empty() {
        return "no file, only defaults and the environment".to_owned();
    }
    files.join(", ")
}
